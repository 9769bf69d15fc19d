import type { Texts } from "../texts.js";

/** Français. */
export const FR: Texts = {
  language: "fr",
  name: "Français",
  title: (deviceName) => `Configurer ${deviceName}`,
  heading: (deviceName) => `Configurons ${deviceName}`,
  lead: "Quelques petites étapes, et cet appareil ouvre la porte de la maison tout seul, de partout. Aucun autre ne le fait.",
  validUntil: (time) => `Ce lien fonctionne une fois, jusqu’à ${time}. Regarder cette page n’utilise rien.`,
  warned:
    "Votre navigateur vous a mis en garde contre cette page ? C’est normal : votre appareil ne connaît pas encore la maison. Ce que vous recevez ici ne vaut rien sans la phrase secrète, et avant de faire confiance, vous comparez.",
  notThisDevice: "Configurer un autre appareil :",
  otherLanguage: "Langue :",
  platforms: {
    iphone: "iPhone ou iPad",
    "iphone-app": "iPhone : app Home Assistant",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Autre chose",
  },
  onIphone: {
    ask: "Ouvrez-vous la maison dans Safari, ou dans l’app Home Assistant ?",
    iphone: "Dans Safari",
    "iphone-app": "Dans l’app Home Assistant",
  },
  inApp: {
    heading: "Ouvrez d’abord cette page dans votre navigateur",
    iphone:
      "Ceci est un navigateur à l’intérieur d’une app, qui ne peut installer aucune clé. Copiez l’adresse, ouvrez Safari et collez-la.",
    other:
      "Ceci est un navigateur à l’intérieur d’une app, qui ne peut installer aucune clé. Copiez l’adresse, ouvrez Chrome ou votre navigateur habituel et collez-la.",
    copy: "Copier l’adresse",
    copied: "Copié. Ouvrez maintenant votre navigateur et collez l’adresse.",
  },
  trust: {
    heading: "Faire confiance à la maison",
    why: "La maison a son propre certificat, que votre appareil ne connaît pas encore. Installez-le une fois.",
    get: "Télécharger le certificat racine de la maison",
    compareHeading: "Comparez avant de faire confiance",
    compare:
      "La personne qui vous a invité voit une empreinte (SHA-256) dans son terminal. Comparez-la avec celle que votre propre appareil affiche pour le certificat. Cette page n’en montre aucune, exprès : seul l’écran de votre appareil compte.",
    stop: "Si elles diffèrent, arrêtez, supprimez le certificat et prévenez cette personne. Quelqu’un écoute peut-être.",
    later: "Cet appareil fait-il déjà confiance à la maison ? Sinon, maintenant",
    how: {
      iphone: [
        "Ouvrez Réglages → Général → Informations → Réglages de confiance des certificats (tout à la fin).",
        "Activez le certificat dont le nom commence par « Latchkey ».",
      ],
      "iphone-app": [
        "Touchez le bouton et autorisez le téléchargement. Ouvrez Réglages : le profil téléchargé est tout en haut. Il attend huit minutes.",
        "Touchez-le, puis les détails, puis le certificat : son empreinte est là. Comparez, et seulement ensuite installez.",
        "Ouvrez Réglages → Général → Informations → Réglages de confiance des certificats, et activez-le.",
      ],
      android: [
        "Touchez le bouton ; le fichier va dans les téléchargements.",
        "Ouvrez les paramètres et cherchez « certificat ». Choisissez d’installer un certificat → certificat CA (souvent sous Sécurité → Chiffrement et identifiants), puis le fichier.",
        "Cherchez ensuite, dans les identifiants de confiance, sous « Utilisateur », le certificat : touchez-le et comparez l’empreinte.",
      ],
      mac: [
        "Ouvrez le fichier : Trousseaux d’accès l’affiche. Choisissez le trousseau « session ».",
        "Cliquez deux fois sur le certificat. Sous Détails, à la fin, se trouvent ses empreintes. Comparez SHA-256.",
        "Seulement si elle est la même : sous « Se fier », choisissez « Toujours approuver ».",
      ],
      windows: [
        "Windows n’affiche que SHA-1. Pour SHA-256, ouvrez l’invite de commandes et tapez : `certutil -hashfile Downloads\\house-root.crt SHA256`",
        "Seulement si elle est la même : ouvrez le fichier → Installer un certificat → Utilisateur actuel → Placer tous les certificats dans le magasin suivant → Autorités de certification racines de confiance.",
      ],
      linux: [
        "Comparez d’abord : `openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256`",
        "Chrome : Paramètres → Confidentialité et sécurité → Sécurité → Gérer les certificats → importez-le comme autorité, pour les sites web.",
        "Firefox : Paramètres → Vie privée et sécurité → Afficher les certificats → Autorités → Importer.",
      ],
      other: [
        "Installez le fichier comme racine de confiance pour les sites web, après avoir comparé son empreinte SHA-256.",
        "En PEM, pour les programmes : /ca.pem à cette adresse.",
      ],
    },
  },
  profile: {
    heading: "Regarder le profil, et comparer",
    how: [
      "Ouvrez Réglages : le profil téléchargé est tout en haut. Il attend huit minutes ; ensuite, téléchargez-le à nouveau.",
      "Touchez les détails, puis le certificat dont le nom commence par « Latchkey » : son empreinte est là.",
    ],
    install: "Installer le profil",
    installHow: [
      "Touchez Installer, en haut à droite, et tapez le code de votre appareil.",
      "Quand le mot de passe du certificat est demandé, tapez la phrase secrète du terminal, avec les tirets.",
    ],
    switch: "Activer la confiance",
  },
  bundle: {
    heading: "Obtenir la clé de cet appareil",
    passphrase:
      "Une phrase secrète vous sera demandée : elle est dans le terminal de la personne qui vous a invité, quatre groupes de quatre caractères. Elle n’est pas sur cette page et ne passe jamais par le réseau.",
    button: "Obtenir la clé de cet appareil",
    once: "Cela utilise le lien. Appuyez sur l’appareil que vous voulez configurer.",
    next: "La suite est expliquée pas à pas sur la page suivante.",
    formatLabel: "Format",
    formats: {
      "pkcs12-compatible": "PKCS#12, s’ouvre partout",
      pkcs12: "PKCS#12 moderne (Android 14, iOS 18, Windows 10 et plus récents)",
      mobileconfig: "Profil pour iPhone, iPad et Mac",
      pem: "PEM, pour les programmes",
    },
    advanced: "Un autre format",
    ownRequest:
      "Un serveur ou un programme crée de préférence sa propre clé : latchkey enroll, ou une demande (CSR) à /api/v1/enrollments ; /openapi.json dit comment.",
  },
  ownKey: {
    ask: "Tapez la phrase secrète du terminal de la personne qui vous a invité. Votre appareil crée sa clé lui-même : la phrase secrète et la clé restent sur cette page.",
    label: "Phrase secrète, quatre groupes de quatre",
    button: "Créer la clé de cet appareil",
    again: "Obtenir la clé encore une fois",
    withoutPassphrase:
      "Vous n’avez plus la phrase secrète ? Sans elle, personne ne peut ouvrir la clé : demandez une nouvelle invitation à la personne qui vous a invité.",
    save: "Enregistrer la clé",
    says: {
      working: "La clé est en cours de création. Cela prend quelques secondes …",
      ready: "La clé est prête. Enregistrez-la maintenant, avant de quitter cette page.",
      empty: "Tapez d’abord la phrase secrète : elle se trouve dans le terminal de la personne qui vous a invité.",
      wrongPassphrase:
        "Ce n’est pas la phrase secrète. Regardez encore le terminal : quatre groupes de quatre petites lettres et chiffres. Après cinq erreurs, l’invitation prend fin.",
      retry: "La maison n’a pas pu être jointe. Rien n’est perdu : appuyez encore sur le bouton.",
      INVITATION_LOCKED: "La phrase secrète était fausse cinq fois : cette invitation a pris fin. Demandez-en une nouvelle.",
      INVITATION_EXPIRED: "Cette invitation a expiré. Demandez-en une nouvelle.",
      INVITATION_CANCELED: "Cette invitation a été annulée. Demandez-en une nouvelle.",
      INVITATION_REDEEMED:
        "Cette invitation a été utilisée sur un autre appareil. Si ce n’était pas vous, prévenez tout de suite la personne qui vous a invité.",
      INVITATION_NOT_FOUND: "Cette invitation est inconnue. Demandez-en une nouvelle.",
      DOWNLOAD_OVER:
        "Cela a pris trop de temps. Rien n’est perdu : appuyez encore sur le bouton. Si le message reste, dix minutes sont passées : demandez une nouvelle invitation.",
    },
  },
  install: {
    heading: "Installer",
    how: {
      iphone: [],
      "iphone-app": [
        "Enregistrez le fichier dans Fichiers.",
        "Dans l’app Home Assistant, ouvrez les réglages → Companion App → votre serveur, et cherchez le certificat client : importez-y le fichier.",
        "Tapez la phrase secrète, avec les tirets.",
      ],
      android: [
        "Ouvrez le fichier téléchargé et tapez la phrase secrète, avec les tirets.",
        "Quand l’usage est demandé, choisissez VPN et applications (« certificat utilisateur pour VPN et applis »). Comme certificat Wi-Fi, les applications et navigateurs ne le voient pas.",
        "Faites-le avant la première connexion de l’application. Firefox ne l’utilise qu’avec son réglage caché pour les certificats tiers.",
      ],
      mac: [
        "Ouvrez le fichier téléchargé ; Trousseaux d’accès demande la phrase secrète. Choisissez le trousseau « session ».",
        "Safari et Chrome le proposent ensuite d’eux-mêmes.",
      ],
      windows: [
        "Ouvrez le fichier téléchargé → Utilisateur actuel → Suivant, et tapez la phrase secrète.",
        "Laissez Windows choisir le magasin. Chrome et Edge le proposent ensuite d’eux-mêmes.",
      ],
      linux: [
        "Chrome : Paramètres → Confidentialité et sécurité → Sécurité → Gérer les certificats → Vos certificats → Importer.",
        "Firefox : Paramètres → Vie privée et sécurité → Afficher les certificats → Vos certificats → Importer.",
        "L’importation demande un mot de passe : tapez la phrase secrète, avec les tirets.",
      ],
      other: ["Installez le fichier comme certificat client ; il s’ouvre avec la phrase secrète du terminal."],
    },
  },
  open: {
    heading: "Ouvrir la maison",
    text: "Ouvrez l’adresse de votre maison. L’appareil demande peut-être quel certificat utiliser : choisissez celui qui porte le nom de cet appareil.",
    leave: "Comment la retirer de cet appareil",
  },
  check: {
    link: "Cela a-t-il marché ? Essayez la clé",
    title: "Cela a-t-il marché ?",
    works: (deviceName) => `Cela marche : c’est ${deviceName}`,
    until: (date) => `Sa clé est valable jusqu’au ${date}.`,
    open: "Vous pouvez fermer cette page et ouvrir l’adresse de votre maison.",
    again:
      "Fermez cette page et rouvrez-la, pour que l’appareil demande à nouveau. Dans certains navigateurs, il faut d’abord fermer toutes les fenêtres. Si cela n’aide pas, demandez à la personne qui vous a invité.",
    onceHeld:
      "Il n’y a rien à faire sur cet appareil : la personne qui gère la maison peut le laisser entrer à nouveau. Demandez-lui, puis rouvrez cette page.",
    onceRevoked: "Si cet appareil doit de nouveau ouvrir la maison, demandez une nouvelle invitation.",
    problems: {
      nobody: [
        "Votre appareil n’a montré aucune clé",
        "La clé n’est pas encore installée, ou bien une autre, ou aucune, a été choisie quand l’appareil a demandé.",
      ],
      expired: ["Le temps de cette clé est écoulé", "Demandez une nouvelle invitation."],
      held: ["Cette clé est suspendue", "La personne qui gère la maison l’a arrêtée pour le moment, et peut la rétablir."],
      revoked: ["Cette clé n’ouvre plus rien", "La personne qui gère la maison l’a retirée."],
    },
  },
  ready: {
    title: "La clé est prête",
    heading: "La clé est prête",
    lead: "Prenez-la maintenant. Elle attend ici dix minutes, puis elle est oubliée.",
    get: (fileName) => `Télécharger ${fileName}`,
  },
  ended: {
    next: "Que faire maintenant",
    ask: "Demandez une nouvelle invitation à la personne qui vous a invité. Cela lui prend dix secondes.",
    again: "Rien n’a été utilisé. Ouvrez le lien encore une fois dans un instant.",
    resume: [
      "La clé a été créée dans cet onglet, et attend ici",
      "Tapez encore une fois la phrase secrète, et vous l’obtiendrez. C’est cet onglet qui a utilisé l’invitation ; il n’y a rien d’autre à faire.",
    ],
    wrongAddress: [
      "Il n’y a rien à cette adresse",
      "Vérifiez le lien : il commence par https:// et se termine par les caractères après /i/.",
    ],
    problems: {
      INVITATION_NOT_FOUND: ["Cette invitation est inconnue", "Vérifiez le lien : il manque peut-être un caractère."],
      INVITATION_EXPIRED: [
        "Cette invitation a expiré",
        "Une invitation ne vaut que quelques minutes, pour qu’un lien perdu ne vaille rien.",
      ],
      INVITATION_REDEEMED: [
        "Cette invitation a été utilisée",
        "Elle fonctionne une fois. Si ce n’était pas vous, prévenez tout de suite la personne qui vous a invité.",
      ],
      INVITATION_CANCELED: ["Cette invitation a été annulée", "La personne qui l’a faite l’a reprise, ou en a fait une plus récente."],
      INVITATION_LOCKED: ["Cette invitation a pris fin", "La phrase secrète était fausse cinq fois."],
      DOWNLOAD_OVER: [
        "Ce téléchargement n’est plus possible",
        "Une clé attend dix minutes, puis elle est oubliée. Si elle a été créée dans cet onglet, revenez à la page de l’invitation : vous l’y obtiendrez encore une fois.",
      ],
      ENROLLMENT_CLOSED: [
        "Aucune invitation n’est ouverte",
        "Personne ne peut s’inscrire pour le moment. Si le lien était encore bon il y a peu, son temps est écoulé, ou il a été utilisé : si ce n’était pas vous, dites-le.",
      ],
      TOO_MANY_REQUESTS: ["Trop de demandes", "Attendez une minute, puis réessayez."],
      other: ["Cela n’a pas marché", "La maison n’a pas pu le faire à l’instant."],
    },
  },
  leave: {
    title: "Retirer la clé d’un appareil",
    lead: "Une clé qui a été retirée n’ouvre plus rien, mais elle se trouve encore sur l’appareil. Voici comment l’en supprimer :",
    otherDevice: "Un autre appareil :",
    how: {
      iphone: [
        "Ouvrez Réglages → Général → VPN et gestion de l’appareil, et choisissez le profil dont le nom commence par « Latchkey ».",
        "Supprimez le profil. La clé et le certificat racine de la maison partent avec lui.",
      ],
      "iphone-app": [
        "Dans l’app Home Assistant, ouvrez les réglages → Companion App → votre serveur, et supprimez le certificat client.",
        "Ouvrez Réglages → Général → VPN et gestion de l’appareil, choisissez le certificat dont le nom commence par « Latchkey » et supprimez-le. Effacez le fichier de Fichiers.",
      ],
      android: [
        "Ouvrez les paramètres et cherchez « identifiants ». Parmi les identifiants utilisateur, supprimez celui qui porte le nom de cet appareil.",
        "Parmi les identifiants de confiance, sous « Utilisateur », supprimez le certificat dont le nom commence par « Latchkey ».",
      ],
      mac: [
        "Ouvrez Trousseaux d’accès, trousseau « session » : sous Mes certificats, supprimez celui qui porte le nom de cet appareil, et sous Certificats celui dont le nom commence par « Latchkey ».",
      ],
      windows: [
        "Lancez certmgr.msc : sous Personnel → Certificats, supprimez celui qui porte le nom de cet appareil ; sous Autorités de certification racines de confiance, celui dont le nom commence par « Latchkey ».",
      ],
      linux: [
        "Chrome : Paramètres → Confidentialité et sécurité → Sécurité → Gérer les certificats : supprimez-le sous Vos certificats, et l’autorité dont le nom commence par « Latchkey ».",
        "Firefox : Paramètres → Vie privée et sécurité → Afficher les certificats : les deux mêmes.",
      ],
      other: ["Supprimez le fichier et sa clé, et le certificat racine dont le nom commence par « Latchkey »."],
    },
  },
  screens: {
    profile: { title: "Réglages", rows: ["Profil téléchargé", "Wi-Fi", "Bluetooth"], tap: 0 },
    details: { title: "Installer le profil", rows: ["Latchkey", "Détails", "Supprimer le profil"], tap: 1 },
    trustSwitch: { title: "Confiance des certificats", rows: ["Latchkey servers …"], tap: 0 },
    androidCa: { title: "Installer un certificat", rows: ["Certificat CA", "VPN et applications", "Wi-Fi"], tap: 0 },
    androidUse: { title: "Pour quel usage ?", rows: ["VPN et applications", "Wi-Fi"], tap: 0 },
    app: { title: "Companion App", rows: ["Votre serveur", "Certificat client", "…"], tap: 1 },
    keychain: { title: "Trousseaux d’accès", rows: ["session", "Système"], tap: 0 },
    windowsStore: { title: "Importation du certificat", rows: ["Utilisateur actuel", "Ordinateur local"], tap: 0 },
    browser: { title: "Gérer les certificats", rows: ["Vos certificats", "Autorités"], tap: 0 },
    authorities: { title: "Gérer les certificats", rows: ["Vos certificats", "Autorités"], tap: 1 },
  },
};
