/**
 * Every word that a phone's owner sees, in English: the catalogue that each translation has whole, or the build fails. Menus are named as
 * the devices print them; where that is not known for sure, the text says what to look for. In a list of steps, `this` is what to type.
 */
export const EN = {
  language: "en",
  name: "English",
  title: (deviceName: string) => `Set up ${deviceName}`,
  heading: (deviceName: string) => `Let’s set up ${deviceName}`,
  lead: "A few small steps, and this device opens the door of the house by itself, from anywhere. Nobody else’s does.",
  validUntil: (time: string) => `This link works once, until ${time}. Looking at this page uses nothing up.`,
  warned:
    "Did your browser warn you about this page? That is expected: your device does not know the house yet. What you get here is worth nothing to anybody without the passphrase, and before you trust anything, you compare.",
  notThisDevice: "Set up another kind of device:",
  otherLanguage: "Language:",
  platforms: {
    iphone: "iPhone or iPad",
    "iphone-app": "iPhone: Home Assistant app",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Something else",
  },

  /** Asked before the link is used up: the app does not see what a profile installs. */
  onIphone: {
    ask: "Do you open the house in Safari, or in the Home Assistant app?",
    iphone: "In Safari",
    "iphone-app": "In the Home Assistant app",
  },

  inApp: {
    heading: "First open this page in your browser",
    iphone: "This is a browser inside an app, which can’t install keys. Copy the address, open Safari, and paste it there.",
    other:
      "This is a browser inside an app, which can’t install keys. Copy the address, open Chrome or your usual browser, and paste it there.",
    copy: "Copy the address",
    copied: "Copied. Now open your browser and paste it.",
  },

  trust: {
    heading: "Trust the house",
    why: "The house has a certificate of its own, which your device does not know yet. Install it once.",
    get: "Get the house’s root certificate",
    compareHeading: "Before you trust it, compare",
    compare:
      "The person who invited you sees a fingerprint (SHA-256) in their terminal. Compare it with the one that your own device shows of the certificate. This page shows none on purpose: only your device’s own screen counts.",
    stop: "If they differ, stop, remove the certificate, and tell that person. Somebody may be listening in.",
    later: "Have you trusted the house on this device? If not, do it now",
    how: {
      iphone: [
        "Open Settings → General → About → Certificate Trust Settings (at the very end).",
        "Switch on the certificate whose name begins with “Latchkey”.",
      ],
      "iphone-app": [
        "Tap the button, and allow the download. Open Settings: “Profile Downloaded” is at the top. It waits for eight minutes.",
        "Tap it, then More Details, then the certificate: there is its fingerprint. Compare, and only then tap Install.",
        "Open Settings → General → About → Certificate Trust Settings, and switch it on.",
      ],
      android: [
        "Tap the button; the file goes to Downloads.",
        "Open Settings and search for “certificate”. Choose Install a certificate → CA certificate (often under Security → Encryption & credentials), and the file.",
        "Then Trusted credentials → User: tap it, and compare the fingerprint.",
      ],
      mac: [
        "Open the file: Keychain Access shows it. Choose the keychain “login”.",
        "Double-click the certificate. Under Details, at the end, there are its fingerprints. Compare SHA-256.",
        "Only when it is the same: under Trust, choose Always Trust.",
      ],
      windows: [
        "Windows shows SHA-1 alone. For SHA-256 open the command prompt and run: `certutil -hashfile Downloads\\house-root.crt SHA256`",
        "Only when it is the same: open the file → Install Certificate → Current User → Place all certificates in the following store → Trusted Root Certification Authorities.",
      ],
      linux: [
        "Compare first: `openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256`",
        "Chrome: Settings → Privacy and security → Security → Manage certificates → import it as an authority, for websites.",
        "Firefox: Settings → Privacy & Security → View Certificates → Authorities → Import.",
      ],
      other: [
        "Install the file as a trusted root for websites, and compare its SHA-256 fingerprint first.",
        "In PEM, for programs: /ca.pem on this address.",
      ],
    },
  },

  profile: {
    heading: "Look at the profile, and compare",
    how: [
      "Open Settings: “Profile Downloaded” is at the top. It waits for eight minutes; then download it again.",
      "Tap More Details, then the certificate whose name begins with “Latchkey”: there is its fingerprint.",
    ],
    install: "Install the profile",
    installHow: [
      "Tap Install, at the top right, and type your device’s own code.",
      "When it asks for the password of the certificate, type the passphrase from the terminal, hyphens included.",
    ],
    switch: "Switch the trust on",
  },

  bundle: {
    heading: "Get this device’s key",
    passphrase:
      "You will be asked for a passphrase: it stands in the terminal of the person who invited you, four groups of four. It is not on this page, and never crosses the network.",
    button: "Get the key for this device",
    once: "This uses the link up. Press it on the device that you want to set up.",
    next: "What comes then, the next page says step by step.",
    formatLabel: "Format",
    formats: {
      "pkcs12-compatible": "PKCS#12, opens everywhere",
      pkcs12: "PKCS#12, modern (Android 14, iOS 18, Windows 10 and newer)",
      mobileconfig: "Profile for iPhone, iPad and Mac",
      pem: "PEM, for programs",
    },
    advanced: "Another format",
    ownRequest:
      "A server or a program makes its own key best: latchkey enroll, or a request (CSR) to /api/v1/enrollments; /openapi.json says how.",
  },

  ownKey: {
    ask: "Type the passphrase from the terminal of the person who invited you. Your device makes its key itself: the passphrase and the key stay on this page.",
    label: "Passphrase, four groups of four",
    button: "Make the key of this device",
    /** For the tab that has made it already. */
    again: "Get the key again",
    withoutPassphrase: "No passphrase any more? Without it nobody can open the key: ask the person who invited you for a new invitation.",
    save: "Save the key",
    /** What the page’s script says, by its key. */
    says: {
      working: "Making the key. This takes a few seconds …",
      ready: "The key is ready. Save it now, before you leave this page.",
      empty: "Type the passphrase first: it stands in the terminal of the person who invited you.",
      wrongPassphrase:
        "This is not the passphrase. Look at the terminal again: four groups of four small letters and digits. After five wrong ones the invitation ends.",
      retry: "The house could not be reached. Nothing is lost: press the button again.",
      INVITATION_LOCKED: "The passphrase was wrong five times: this invitation has ended. Ask for a new one.",
      INVITATION_EXPIRED: "This invitation’s time is over. Ask for a new one.",
      INVITATION_CANCELED: "This invitation was canceled. Ask for a new one.",
      INVITATION_REDEEMED: "This invitation has been used on another device. If that was not you, tell the person who invited you at once.",
      INVITATION_NOT_FOUND: "This invitation is not known. Ask for a new one.",
      DOWNLOAD_OVER:
        "That took too long. Nothing is lost: press the button again. If this stays, ten minutes are over: ask for a new invitation.",
    },
  },

  install: {
    heading: "Install it",
    how: {
      iphone: [],
      "iphone-app": [
        "Save the file to Files.",
        "In the Home Assistant app open Settings → Companion app → your server, and look for the client certificate: import the file there.",
        "Type the passphrase, hyphens included.",
      ],
      android: [
        "Open the downloaded file and type the passphrase, hyphens included.",
        "When it asks what it is for, choose “VPN & app user certificate”. As a Wi-Fi certificate, apps and browsers do not see it.",
        "Do this before the app connects for the first time. Firefox uses it only with its hidden setting for third-party certificates.",
      ],
      mac: [
        "Open the downloaded file; Keychain Access asks for the passphrase. Choose the keychain “login”.",
        "Safari and Chrome then offer it by themselves.",
      ],
      windows: [
        "Open the downloaded file → Current User → Next, and type the passphrase.",
        "Leave the store to Windows. Chrome and Edge then offer it by themselves.",
      ],
      linux: [
        "Chrome: Settings → Privacy and security → Security → Manage certificates → Your certificates → Import.",
        "Firefox: Settings → Privacy & Security → View Certificates → Your Certificates → Import.",
        "The import asks for a password: type the passphrase, hyphens included.",
      ],
      other: ["Install the file as a client certificate; it opens with the passphrase from the terminal."],
    },
  },

  open: {
    heading: "Open the house",
    text: "Open the address of your house. The device may ask which certificate to use: choose the one with this device’s name.",
    leave: "How to take it off this device again",
  },

  check: {
    link: "Did it work? Try the key",
    title: "Did it work?",
    works: (deviceName: string) => `It works: this is ${deviceName}`,
    until: (date: string) => `Its key is good until ${date}.`,
    open: "You can close this page, and open the address of your house.",
    again:
      "Close this page, and open it again, so that your device asks anew. In some browsers every window has to be closed first. If it does not help, ask the person who invited you.",
    /** Asking anew helps neither of these. */
    onceHeld:
      "There is nothing to do on this device: the person who runs the house can let it in again. Ask them, then open this page once more.",
    onceRevoked: "If this device is to open the house again, ask for a new invitation.",
    problems: {
      nobody: ["Your device has shown no key", "The key is not installed yet, or another one was chosen when the device asked, or none."],
      expired: ["This key’s time is over", "Ask the person who invited you for a new invitation."],
      held: ["This key is on hold", "The person who runs the house has stopped it for now, and can let it go on."],
      revoked: ["This key opens nothing any more", "The person who runs the house has taken it away."],
    },
  },

  ready: {
    title: "The key is ready",
    heading: "The key is ready",
    lead: "Get it now. It waits here for ten minutes, and then it is forgotten.",
    get: (fileName: string) => `Download ${fileName}`,
  },

  ended: {
    next: "What to do now",
    ask: "Ask the person who invited you for a new invitation. It takes them ten seconds.",
    again: "Nothing was used up. Open the link again in a moment.",
    /** For the tab that has used the invitation itself. */
    resume: [
      "The key was made in this tab, and waits here",
      "Type the passphrase again, and you get it. Nothing else has to be done: it was this tab that used the invitation.",
    ],
    wrongAddress: ["There is nothing at this address", "Check the link: it begins with https:// and ends with the letters after /i/."],
    problems: {
      INVITATION_NOT_FOUND: ["This invitation is not known", "Check the link: a letter may be missing."],
      INVITATION_EXPIRED: [
        "This invitation’s time is over",
        "An invitation works for a few minutes only, so that a lost link is worth nothing.",
      ],
      INVITATION_REDEEMED: [
        "This invitation has been used",
        "It works once. If that was not you, tell the person who invited you at once.",
      ],
      INVITATION_CANCELED: ["This invitation was canceled", "The person who made it has taken it back, or made a newer one."],
      INVITATION_LOCKED: ["This invitation has ended", "The passphrase was wrong five times."],
      DOWNLOAD_OVER: [
        "This download is over",
        "A key waits for ten minutes, and is forgotten then. If it was made in this tab, go back to the page of the invitation: there you get it again.",
      ],
      ENROLLMENT_CLOSED: [
        "No invitation is open",
        "Nobody can enrol now. If the link was good a short while ago, its time is over, or it has been used: if that was not you, say so.",
      ],
      TOO_MANY_REQUESTS: ["Too many requests", "Wait a minute, then try again."],
      other: ["This did not work", "The house could not do it just now."],
    },
  },

  leave: {
    title: "Take the key off a device",
    lead: "A key that was taken away opens nothing any more, but it still lies on the device. This is how you remove it:",
    otherDevice: "Another kind of device:",
    how: {
      iphone: [
        "Open Settings → General → VPN & Device Management, and choose the profile whose name begins with “Latchkey”.",
        "Tap Remove Profile. The key and the house’s root certificate go with it.",
      ],
      "iphone-app": [
        "In the Home Assistant app open Settings → Companion app → your server, and remove the client certificate.",
        "Open Settings → General → VPN & Device Management, choose the certificate whose name begins with “Latchkey”, and remove it. Delete the file from Files.",
      ],
      android: [
        "Open Settings and search for “credentials”. Under User credentials choose the one with this device’s name, and remove it.",
        "Under Trusted credentials → User choose the certificate whose name begins with “Latchkey”, and remove it.",
      ],
      mac: [
        "Open Keychain Access, keychain “login”, My Certificates: delete the one with this device’s name, and under Certificates the one whose name begins with “Latchkey”.",
      ],
      windows: [
        "Run certmgr.msc: under Personal → Certificates delete the one with this device’s name, under Trusted Root Certification Authorities the one whose name begins with “Latchkey”.",
      ],
      linux: [
        "Chrome: Settings → Privacy and security → Security → Manage certificates: delete it under Your certificates, and the authority whose name begins with “Latchkey”.",
        "Firefox: Settings → Privacy & Security → View Certificates: the same two.",
      ],
      other: ["Delete the bundle and its key, and the root certificate whose name begins with “Latchkey”."],
    },
  },

  /** What the pictures show: a screen’s title, its rows, and the row to tap. */
  screens: {
    profile: { title: "Settings", rows: ["Profile Downloaded", "Wi-Fi", "Bluetooth"], tap: 0 },
    details: { title: "Install Profile", rows: ["Latchkey", "More Details", "Remove Downloaded Profile"], tap: 1 },
    trustSwitch: { title: "Certificate Trust Settings", rows: ["Latchkey servers …"], tap: 0 },
    androidCa: { title: "Install a certificate", rows: ["CA certificate", "VPN & app user certificate", "Wi-Fi certificate"], tap: 0 },
    androidUse: { title: "What is it for?", rows: ["VPN & app user certificate", "Wi-Fi certificate"], tap: 0 },
    app: { title: "Companion app", rows: ["Your server", "Client certificate", "…"], tap: 1 },
    keychain: { title: "Keychain Access", rows: ["login", "System"], tap: 0 },
    windowsStore: { title: "Certificate Import Wizard", rows: ["Current User", "Local Machine"], tap: 0 },
    browser: { title: "Manage certificates", rows: ["Your certificates", "Authorities"], tap: 0 },
    authorities: { title: "Manage certificates", rows: ["Your certificates", "Authorities"], tap: 1 },
  },
} as const;
