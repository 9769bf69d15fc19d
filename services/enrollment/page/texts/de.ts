import type { Texts } from "../texts.js";

/** Deutsch. */
export const DE: Texts = {
  language: "de",
  name: "Deutsch",
  title: (deviceName) => `${deviceName} einrichten`,
  heading: (deviceName) => `Wir richten ${deviceName} ein`,
  lead: "Ein paar kleine Schritte, und dieses Gerät öffnet die Tür des Hauses von selbst, von überall. Kein fremdes tut das.",
  validUntil: (time) => `Dieser Link gilt einmal, bis ${time} Uhr. Die Seite nur anzusehen, verbraucht nichts.`,
  warned:
    "Hat Ihr Browser vor dieser Seite gewarnt? Das ist zu erwarten: Ihr Gerät kennt das Haus noch nicht. Was Sie hier bekommen, ist ohne die Passphrase für niemanden etwas wert, und bevor Sie etwas vertrauen, vergleichen Sie.",
  notThisDevice: "Ein anderes Gerät einrichten:",
  otherLanguage: "Sprache:",
  platforms: {
    iphone: "iPhone oder iPad",
    "iphone-app": "iPhone: Home-Assistant-App",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Etwas anderes",
  },
  onIphone: {
    ask: "Öffnen Sie das Haus in Safari oder in der Home-Assistant-App?",
    iphone: "In Safari",
    "iphone-app": "In der Home-Assistant-App",
  },
  inApp: {
    heading: "Öffnen Sie diese Seite zuerst in Ihrem Browser",
    iphone:
      "Das ist ein Browser innerhalb einer App; er kann keine Schlüssel installieren. Kopieren Sie die Adresse, öffnen Sie Safari, und fügen Sie sie dort ein.",
    other:
      "Das ist ein Browser innerhalb einer App; er kann keine Schlüssel installieren. Kopieren Sie die Adresse, öffnen Sie Chrome oder Ihren gewohnten Browser, und fügen Sie sie dort ein.",
    copy: "Adresse kopieren",
    copied: "Kopiert. Öffnen Sie nun Ihren Browser, und fügen Sie sie ein.",
  },
  trust: {
    heading: "Dem Haus vertrauen",
    why: "Das Haus hat ein eigenes Zertifikat, das Ihr Gerät noch nicht kennt. Installieren Sie es einmal.",
    get: "Stammzertifikat des Hauses laden",
    compareHeading: "Vergleichen Sie, bevor Sie vertrauen",
    compare:
      "Wer Sie eingeladen hat, sieht im Terminal einen Fingerabdruck (SHA-256). Vergleichen Sie ihn mit dem, den Ihr eigenes Gerät zum Zertifikat anzeigt. Diese Seite zeigt absichtlich keinen: Es zählt allein die Anzeige Ihres Geräts.",
    stop: "Sind sie verschieden, hören Sie auf, entfernen Sie das Zertifikat, und sagen Sie Bescheid. Vielleicht hört jemand mit.",
    later: "Vertraut dieses Gerät dem Haus schon? Wenn nicht, jetzt",
    how: {
      iphone: [
        "Öffnen Sie Einstellungen → Allgemein → Info → Zertifikatsvertrauenseinstellungen (ganz am Ende).",
        "Schalten Sie das Zertifikat ein, dessen Name mit „Latchkey“ beginnt.",
      ],
      "iphone-app": [
        "Tippen Sie auf den Knopf, und erlauben Sie das Laden. Öffnen Sie die Einstellungen: „Profil geladen“ steht oben. Es wartet acht Minuten.",
        "Tippen Sie darauf, dann auf „Mehr Details“, dann auf das Zertifikat: Dort steht sein Fingerabdruck. Vergleichen Sie, und tippen Sie erst dann auf „Installieren“.",
        "Öffnen Sie Einstellungen → Allgemein → Info → Zertifikatsvertrauenseinstellungen, und schalten Sie es ein.",
      ],
      android: [
        "Tippen Sie auf den Knopf; die Datei kommt zu den Downloads.",
        "Öffnen Sie die Einstellungen, und suchen Sie nach „Zertifikat“. Wählen Sie „Zertifikat installieren“ → „CA-Zertifikat“ (oft unter Sicherheit → Verschlüsselung und Anmeldedaten), dann die Datei.",
        "Suchen Sie danach bei den vertrauenswürdigen Anmeldedaten unter „Nutzer“ das Zertifikat, tippen Sie darauf, und vergleichen Sie den Fingerabdruck.",
      ],
      mac: [
        "Öffnen Sie die Datei: Die Schlüsselbundverwaltung zeigt sie. Wählen Sie den Schlüsselbund „Anmeldung“.",
        "Doppelklicken Sie auf das Zertifikat. Unter „Details“ stehen am Ende seine Fingerabdrücke. Vergleichen Sie SHA-256.",
        "Nur wenn er gleich ist: Wählen Sie unter „Vertrauen“ „Immer vertrauen“.",
      ],
      windows: [
        "Windows zeigt nur SHA-1. Für SHA-256 öffnen Sie die Eingabeaufforderung, und geben Sie ein: `certutil -hashfile Downloads\\house-root.crt SHA256`",
        "Nur wenn er gleich ist: Öffnen Sie die Datei → Zertifikat installieren → Aktueller Benutzer → „Alle Zertifikate in folgendem Speicher speichern“ → Vertrauenswürdige Stammzertifizierungsstellen.",
      ],
      linux: [
        "Vergleichen Sie zuerst: `openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256`",
        "Chrome: Einstellungen → Datenschutz und Sicherheit → Sicherheit → Zertifikate verwalten → als Zertifizierungsstelle importieren, für Websites.",
        "Firefox: Einstellungen → Datenschutz & Sicherheit → Zertifikate anzeigen → Zertifizierungsstellen → Importieren.",
      ],
      other: [
        "Installieren Sie die Datei als vertrauenswürdiges Stammzertifikat für Websites, und vergleichen Sie vorher ihren SHA-256-Fingerabdruck.",
        "Als PEM, für Programme: /ca.pem an dieser Adresse.",
      ],
    },
  },
  profile: {
    heading: "Das Profil ansehen und vergleichen",
    how: [
      "Öffnen Sie die Einstellungen: „Profil geladen“ steht oben. Es wartet acht Minuten; danach laden Sie es noch einmal.",
      "Tippen Sie auf „Mehr Details“, dann auf das Zertifikat, dessen Name mit „Latchkey“ beginnt: Dort steht sein Fingerabdruck.",
    ],
    install: "Das Profil installieren",
    installHow: [
      "Tippen Sie oben rechts auf „Installieren“, und geben Sie den Code Ihres Geräts ein.",
      "Wenn nach dem Passwort des Zertifikats gefragt wird, geben Sie die Passphrase aus dem Terminal ein, mit den Bindestrichen.",
    ],
    switch: "Das Vertrauen einschalten",
  },
  bundle: {
    heading: "Den Schlüssel dieses Geräts holen",
    passphrase:
      "Sie werden nach einer Passphrase gefragt: Sie steht im Terminal der Person, die Sie eingeladen hat, vier Gruppen zu vier Zeichen. Auf dieser Seite steht sie nicht, und sie geht nie über das Netz.",
    button: "Schlüssel für dieses Gerät holen",
    once: "Damit ist der Link verbraucht. Drücken Sie auf dem Gerät, das Sie einrichten wollen.",
    next: "Was dann kommt, sagt die nächste Seite Schritt für Schritt.",
    formatLabel: "Format",
    formats: {
      "pkcs12-compatible": "PKCS#12, lässt sich überall öffnen",
      pkcs12: "PKCS#12, modern (ab Android 14, iOS 18, Windows 10)",
      mobileconfig: "Profil für iPhone, iPad und Mac",
      pem: "PEM, für Programme",
    },
    advanced: "Ein anderes Format",
    ownRequest:
      "Ein Server oder ein Programm macht seinen Schlüssel am besten selbst: latchkey enroll, oder eine Anforderung (CSR) an /api/v1/enrollments; /openapi.json sagt, wie.",
  },
  ownKey: {
    ask: "Geben Sie die Passphrase ein, die im Terminal der Person steht, die Sie eingeladen hat. Ihr Gerät macht seinen Schlüssel selbst: Passphrase und Schlüssel bleiben auf dieser Seite.",
    label: "Passphrase, vier Gruppen zu vier Zeichen",
    button: "Den Schlüssel dieses Geräts machen",
    again: "Den Schlüssel noch einmal holen",
    withoutPassphrase:
      "Keine Passphrase mehr? Ohne sie kann niemand den Schlüssel öffnen: Bitten Sie die Person, die Sie eingeladen hat, um eine neue Einladung.",
    save: "Schlüssel sichern",
    says: {
      working: "Der Schlüssel wird gemacht. Das dauert ein paar Sekunden …",
      ready: "Der Schlüssel ist fertig. Sichern Sie ihn jetzt, bevor Sie diese Seite verlassen.",
      empty: "Geben Sie zuerst die Passphrase ein: Sie steht im Terminal der Person, die Sie eingeladen hat.",
      wrongPassphrase:
        "Das ist nicht die Passphrase. Sehen Sie noch einmal ins Terminal: vier Gruppen zu vier kleinen Buchstaben und Ziffern. Nach fünf falschen endet die Einladung.",
      retry: "Das Haus war nicht zu erreichen. Nichts ist verloren: Drücken Sie den Knopf noch einmal.",
      INVITATION_LOCKED: "Die Passphrase war fünfmal falsch: Diese Einladung ist zu Ende. Bitten Sie um eine neue.",
      INVITATION_EXPIRED: "Die Zeit dieser Einladung ist um. Bitten Sie um eine neue.",
      INVITATION_CANCELED: "Diese Einladung wurde zurückgenommen. Bitten Sie um eine neue.",
      INVITATION_REDEEMED: "Diese Einladung wurde auf einem anderen Gerät benutzt. Wenn Sie das nicht waren, sagen Sie sofort Bescheid.",
      INVITATION_NOT_FOUND: "Diese Einladung ist nicht bekannt. Bitten Sie um eine neue.",
      DOWNLOAD_OVER:
        "Das hat zu lange gedauert. Nichts ist verloren: Drücken Sie den Knopf noch einmal. Bleibt es dabei, sind zehn Minuten um: Bitten Sie um eine neue Einladung.",
    },
  },
  install: {
    heading: "Installieren",
    how: {
      iphone: [],
      "iphone-app": [
        "Sichern Sie die Datei in „Dateien“.",
        "Öffnen Sie in der Home-Assistant-App die Einstellungen → Companion App → Ihren Server, und suchen Sie das Client-Zertifikat: Importieren Sie dort die Datei.",
        "Geben Sie die Passphrase ein, mit den Bindestrichen.",
      ],
      android: [
        "Öffnen Sie die geladene Datei, und geben Sie die Passphrase ein, mit den Bindestrichen.",
        "Wenn gefragt wird, wofür: Wählen Sie VPN und Apps (das „VPN- und App-Nutzerzertifikat“). Als WLAN-Zertifikat sehen Apps und Browser es nicht.",
        "Tun Sie das, bevor sich die App zum ersten Mal verbindet. Firefox benutzt es nur mit seiner versteckten Einstellung für Zertifikate Dritter.",
      ],
      mac: [
        "Öffnen Sie die geladene Datei; die Schlüsselbundverwaltung fragt nach der Passphrase. Wählen Sie den Schlüsselbund „Anmeldung“.",
        "Safari und Chrome bieten es dann von selbst an.",
      ],
      windows: [
        "Öffnen Sie die geladene Datei → Aktueller Benutzer → Weiter, und geben Sie die Passphrase ein.",
        "Überlassen Sie den Speicher Windows. Chrome und Edge bieten es dann von selbst an.",
      ],
      linux: [
        "Chrome: Einstellungen → Datenschutz und Sicherheit → Sicherheit → Zertifikate verwalten → Meine Zertifikate → Importieren.",
        "Firefox: Einstellungen → Datenschutz & Sicherheit → Zertifikate anzeigen → Ihre Zertifikate → Importieren.",
        "Beim Importieren wird nach einem Passwort gefragt: Geben Sie die Passphrase ein, mit den Bindestrichen.",
      ],
      other: ["Installieren Sie die Datei als Client-Zertifikat; sie öffnet sich mit der Passphrase aus dem Terminal."],
    },
  },
  open: {
    heading: "Das Haus öffnen",
    text: "Öffnen Sie die Adresse Ihres Hauses. Vielleicht fragt das Gerät, welches Zertifikat es nehmen soll: das mit dem Namen dieses Geräts.",
    leave: "Wie man ihn wieder von diesem Gerät nimmt",
  },
  check: {
    link: "Hat es geklappt? Schlüssel ausprobieren",
    title: "Hat es geklappt?",
    works: (deviceName) => `Es klappt: Das ist ${deviceName}`,
    until: (date) => `Der Schlüssel gilt bis ${date}.`,
    open: "Sie können diese Seite schließen und die Adresse Ihres Hauses öffnen.",
    again:
      "Schließen Sie diese Seite, und öffnen Sie sie noch einmal, damit das Gerät neu fragt. In manchen Browsern müssen dazu erst alle Fenster zu sein. Hilft das nicht, fragen Sie, wer Sie eingeladen hat.",
    onceHeld:
      "Auf diesem Gerät ist nichts zu tun: Wer das Haus betreibt, kann es wieder einlassen. Fragen Sie nach, und öffnen Sie dann diese Seite noch einmal.",
    onceRevoked: "Soll dieses Gerät das Haus wieder öffnen, bitten Sie um eine neue Einladung.",
    problems: {
      nobody: [
        "Ihr Gerät hat keinen Schlüssel gezeigt",
        "Der Schlüssel ist noch nicht installiert, oder auf die Frage des Geräts wurde ein anderer oder keiner gewählt.",
      ],
      expired: ["Die Zeit dieses Schlüssels ist um", "Bitten Sie um eine neue Einladung."],
      held: ["Dieser Schlüssel ruht", "Wer das Haus betreibt, hat ihn vorläufig gesperrt und kann ihn wieder freigeben."],
      revoked: ["Dieser Schlüssel öffnet nichts mehr", "Wer das Haus betreibt, hat ihn gesperrt."],
    },
  },
  ready: {
    title: "Der Schlüssel ist fertig",
    heading: "Der Schlüssel ist fertig",
    lead: "Laden Sie ihn jetzt. Er wartet hier zehn Minuten, dann wird er vergessen.",
    get: (fileName) => `${fileName} laden`,
  },
  ended: {
    next: "Was Sie jetzt tun können",
    ask: "Bitten Sie die Person, die Sie eingeladen hat, um eine neue Einladung. Das dauert zehn Sekunden.",
    again: "Nichts wurde verbraucht. Öffnen Sie den Link gleich noch einmal.",
    resume: [
      "Der Schlüssel wurde in diesem Tab gemacht und wartet hier",
      "Geben Sie die Passphrase noch einmal ein, dann bekommen Sie ihn. Benutzt hat die Einladung dieser Tab; sonst ist nichts zu tun.",
    ],
    wrongAddress: ["An dieser Adresse ist nichts", "Prüfen Sie den Link: Er beginnt mit https:// und endet mit den Zeichen hinter /i/."],
    problems: {
      INVITATION_NOT_FOUND: ["Diese Einladung ist nicht bekannt", "Prüfen Sie den Link: Vielleicht fehlt ein Zeichen."],
      INVITATION_EXPIRED: [
        "Die Zeit dieser Einladung ist um",
        "Eine Einladung gilt nur ein paar Minuten, damit ein verlorener Link nichts wert ist.",
      ],
      INVITATION_REDEEMED: ["Diese Einladung wurde schon benutzt", "Sie gilt einmal. Wenn Sie das nicht waren, sagen Sie sofort Bescheid."],
      INVITATION_CANCELED: [
        "Diese Einladung wurde zurückgenommen",
        "Wer sie gemacht hat, hat sie zurückgenommen oder eine neuere gemacht.",
      ],
      INVITATION_LOCKED: ["Diese Einladung ist zu Ende", "Die Passphrase war fünfmal falsch."],
      DOWNLOAD_OVER: [
        "Dieser Download ist vorbei",
        "Ein Schlüssel wartet zehn Minuten, dann wird er vergessen. Wurde er in diesem Tab gemacht, gehen Sie zurück zur Seite der Einladung: Dort bekommen Sie ihn noch einmal.",
      ],
      ENROLLMENT_CLOSED: [
        "Es ist keine Einladung offen",
        "Gerade kann sich niemand anmelden. Galt der Link vor Kurzem noch, ist seine Zeit um, oder jemand hat ihn benutzt: Waren das nicht Sie, sagen Sie Bescheid.",
      ],
      TOO_MANY_REQUESTS: ["Zu viele Anfragen", "Warten Sie eine Minute, und versuchen Sie es noch einmal."],
      other: ["Das hat nicht geklappt", "Das Haus konnte es gerade nicht tun."],
    },
  },
  leave: {
    title: "Den Schlüssel von einem Gerät nehmen",
    lead: "Ein Schlüssel, der gesperrt wurde, öffnet nichts mehr, liegt aber noch auf dem Gerät. So entfernen Sie ihn:",
    otherDevice: "Ein anderes Gerät:",
    how: {
      iphone: [
        "Öffnen Sie Einstellungen → Allgemein → VPN und Geräteverwaltung, und wählen Sie das Profil, dessen Name mit „Latchkey“ beginnt.",
        "Tippen Sie auf „Profil entfernen“. Der Schlüssel und das Stammzertifikat des Hauses gehen mit.",
      ],
      "iphone-app": [
        "Öffnen Sie in der Home-Assistant-App die Einstellungen → Companion App → Ihren Server, und entfernen Sie das Client-Zertifikat.",
        "Öffnen Sie Einstellungen → Allgemein → VPN und Geräteverwaltung, wählen Sie das Zertifikat, dessen Name mit „Latchkey“ beginnt, und entfernen Sie es. Löschen Sie die Datei aus „Dateien“.",
      ],
      android: [
        "Öffnen Sie die Einstellungen, und suchen Sie nach „Anmeldedaten“. Entfernen Sie bei den Nutzeranmeldedaten die mit dem Namen dieses Geräts.",
        "Entfernen Sie bei den vertrauenswürdigen Anmeldedaten unter „Nutzer“ das Zertifikat, dessen Name mit „Latchkey“ beginnt.",
      ],
      mac: [
        "Öffnen Sie die Schlüsselbundverwaltung, Schlüsselbund „Anmeldung“: Löschen Sie unter „Meine Zertifikate“ das mit dem Namen dieses Geräts und unter „Zertifikate“ das, dessen Name mit „Latchkey“ beginnt.",
      ],
      windows: [
        "Führen Sie certmgr.msc aus: Löschen Sie unter Eigene Zertifikate das mit dem Namen dieses Geräts, unter Vertrauenswürdige Stammzertifizierungsstellen das, dessen Name mit „Latchkey“ beginnt.",
      ],
      linux: [
        "Chrome: Einstellungen → Datenschutz und Sicherheit → Sicherheit → Zertifikate verwalten: Löschen Sie es unter Meine Zertifikate, und die Zertifizierungsstelle, deren Name mit „Latchkey“ beginnt.",
        "Firefox: Einstellungen → Datenschutz & Sicherheit → Zertifikate anzeigen: dieselben beiden.",
      ],
      other: ["Löschen Sie das Bündel mit seinem Schlüssel und das Stammzertifikat, dessen Name mit „Latchkey“ beginnt."],
    },
  },
  screens: {
    profile: { title: "Einstellungen", rows: ["Profil geladen", "WLAN", "Bluetooth"], tap: 0 },
    details: { title: "Profil installieren", rows: ["Latchkey", "Mehr Details", "Geladenes Profil entfernen"], tap: 1 },
    trustSwitch: { title: "Zertifikatsvertrauenseinstellungen", rows: ["Latchkey servers …"], tap: 0 },
    androidCa: { title: "Zertifikat installieren", rows: ["CA-Zertifikat", "VPN und Apps", "WLAN"], tap: 0 },
    androidUse: { title: "Wofür?", rows: ["VPN und Apps", "WLAN"], tap: 0 },
    app: { title: "Companion App", rows: ["Ihr Server", "Client-Zertifikat", "…"], tap: 1 },
    keychain: { title: "Schlüsselbundverwaltung", rows: ["Anmeldung", "System"], tap: 0 },
    windowsStore: { title: "Zertifikatimport-Assistent", rows: ["Aktueller Benutzer", "Lokaler Computer"], tap: 0 },
    browser: { title: "Zertifikate verwalten", rows: ["Meine Zertifikate", "Zertifizierungsstellen"], tap: 0 },
    authorities: { title: "Zertifikate verwalten", rows: ["Meine Zertifikate", "Zertifizierungsstellen"], tap: 1 },
  },
};
