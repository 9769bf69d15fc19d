import type { Platform } from "../platform.js";

/** Every word of the page, in one place: a translation is one more file of this shape. */
export const TEXTS = {
  language: "en",
  title: (deviceName: string) => `Set up ${deviceName}`,
  heading: (deviceName: string) => `Let’s set up ${deviceName}`,
  lead: "A few small steps, and this device opens the door of the house by itself, from anywhere. Nobody else’s does.",
  validUntil: (time: string) => `This link works once, until ${time}.`,
  notThisDevice: "Set up another kind of device:",
  platforms: {
    iphone: "iPhone or iPad",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Something else",
  } satisfies Record<Platform, string>,

  trust: {
    heading: "Trust the house",
    why: "The house has a certificate of its own, which your device does not know yet. Install it once.",
    get: "Get the house’s root certificate",
    compareHeading: "Before you trust it, compare",
    compare:
      "The person who invited you sees a fingerprint (SHA-256) in their terminal. Compare it with the one that your own device shows of the certificate. This page shows none on purpose: only your device’s own screen counts.",
    stop: "If they differ, stop, remove the certificate, and tell that person. Somebody may be listening in.",
    how: {
      iphone: [
        "The profile of step 2 brings the root along: do step 2 first, then come back to this.",
        "Open Settings → General → VPN & Device Management, choose the profile, then More Details: there is the certificate with its fingerprint.",
        "Only when it is the same: Settings → General → About → Certificate Trust Settings, and switch it on.",
      ],
      android: [
        "Tap the button; the file goes to Downloads.",
        "Open Settings → Security → Encryption & credentials → Install a certificate → CA certificate (on some phones it is called differently: search the settings for “certificate”).",
        "Then Trusted credentials → User: tap it, and compare the fingerprint.",
      ],
      mac: [
        "Open the file: Keychain Access shows it. Choose the keychain “login”.",
        "Double-click the certificate. Under Details, at the end, there are its fingerprints. Compare SHA-256.",
        "Only when it is the same: under Trust, choose Always Trust.",
      ],
      windows: [
        "Open the file. Under Details look for the thumbprint; Windows shows SHA-1 there. For SHA-256, run: certutil -hashfile house-root.crt SHA256",
        "Only when it is the same: Install Certificate → Current User → Place in the following store → Trusted Root Certification Authorities.",
      ],
      linux: [
        "Compare first: openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256",
        "Chrome: Settings → Privacy and security → Security → Manage certificates → import it as an authority, for websites.",
        "Firefox: Settings → Privacy & Security → View Certificates → Authorities → Import.",
      ],
      other: [
        "Install the file as a trusted root for websites, and compare its SHA-256 fingerprint first.",
        "In PEM, for programs: /ca.pem on this address.",
      ],
    } satisfies Record<Platform, readonly string[]>,
  },

  bundle: {
    heading: "Get this device’s key",
    passphrase:
      "You will be asked for a passphrase: it stands in the terminal of the person who invited you, four groups of four. It is not on this page, and never crosses the network.",
    button: "Get the key for this device",
    once: "This uses the link up. Press it on the device that you want to set up.",
    formatLabel: "Format",
    formats: {
      "pkcs12-compatible": "PKCS#12, opens everywhere",
      pkcs12: "PKCS#12, modern (Android 14, iOS 18, Windows 10 and newer)",
      mobileconfig: "Profile for iPhone, iPad and Mac",
      pem: "PEM, for programs",
    },
    advanced: "Another format",
  },

  ownKey: {
    ask: "Type the passphrase from the terminal of the person who invited you. Your device makes its key itself: the passphrase and the key stay on this page.",
    label: "Passphrase, four groups of four",
    button: "Make the key of this device",
    save: "Save the key",
    /** What the page's script says, by its key. */
    says: {
      working: "Making the key. This takes a few seconds …",
      ready: "The key is ready. Save it now, before you leave this page.",
      wrongPassphrase:
        "This is not the passphrase. Look at the terminal again: four groups of four small letters and digits. After five wrong ones the invitation ends.",
      retry: "The house could not be reached. Nothing is lost: press the button again.",
      INVITATION_LOCKED: "The passphrase was wrong five times: this invitation has ended. Ask for a new one.",
      INVITATION_EXPIRED: "This invitation’s time is over. Ask for a new one.",
      INVITATION_CANCELED: "This invitation was canceled. Ask for a new one.",
      INVITATION_REDEEMED: "This invitation has been used on another device. If that was not you, tell the person who invited you at once.",
      INVITATION_NOT_FOUND: "This invitation is not known. Ask for a new one.",
    },
  },

  install: {
    heading: "Install it",
    how: {
      iphone: [
        "Open Settings: “Profile Downloaded” is at the top. Tap Install.",
        "When it asks for the password of the certificate, type the passphrase from the terminal, hyphens included.",
        "For the Home Assistant app take the format PKCS#12 instead, save it to Files, and import it in the app (Companion app settings → your server).",
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
      ],
      other: ["Install the file as a client certificate; it opens with the passphrase from the terminal."],
    } satisfies Record<Platform, readonly string[]>,
  },

  open: {
    heading: "Open the house",
    text: "Open the address of your house. The device may ask which certificate to use: choose the one with this device’s name.",
  },

  ready: {
    title: "The key is ready",
    heading: "The key is ready",
    lead: "Get it now. It waits here for ten minutes, and then it is forgotten.",
    get: (fileName: string) => `Download ${fileName}`,
  },

  ended: {
    next: "What to do now",
    ask: "Ask the person who invited you for a new invitation. It takes them ten seconds: latchkey invite",
    again: "Nothing was used up. Open the link again in a moment.",
  },
} as const;
