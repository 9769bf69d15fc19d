import type { Texts } from "../texts.js";

/** Polski. */
export const PL: Texts = {
  language: "pl",
  name: "Polski",
  title: (deviceName) => `Konfiguracja: ${deviceName}`,
  heading: (deviceName) => `Konfigurujemy: ${deviceName}`,
  lead: "Kilka małych kroków i to urządzenie samo otwiera drzwi domu, z każdego miejsca. Żadne obce tego nie potrafi.",
  validUntil: (time) => `Ten odnośnik działa raz, do godziny ${time}. Samo oglądanie strony niczego nie zużywa.`,
  warned:
    "Przeglądarka ostrzegła przed tą stroną? Tak ma być: urządzenie nie zna jeszcze tego domu. To, co tu otrzymasz, bez hasła nie jest nic warte, a zanim czemuś zaufasz, porównasz.",
  notThisDevice: "Skonfiguruj inne urządzenie:",
  otherLanguage: "Język:",
  platforms: {
    iphone: "iPhone lub iPad",
    "iphone-app": "iPhone: aplikacja Home Assistant",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Coś innego",
  },
  onIphone: {
    ask: "Otwierasz dom w Safari czy w aplikacji Home Assistant?",
    iphone: "W Safari",
    "iphone-app": "W aplikacji Home Assistant",
  },
  inApp: {
    heading: "Najpierw otwórz tę stronę w przeglądarce",
    iphone: "To przeglądarka wewnątrz aplikacji, która nie potrafi instalować kluczy. Skopiuj adres, otwórz Safari i wklej go tam.",
    other:
      "To przeglądarka wewnątrz aplikacji, która nie potrafi instalować kluczy. Skopiuj adres, otwórz Chrome lub swoją przeglądarkę i wklej go tam.",
    copy: "Skopiuj adres",
    copied: "Skopiowano. Teraz otwórz przeglądarkę i wklej adres.",
  },
  trust: {
    heading: "Zaufaj domowi",
    why: "Dom ma własny certyfikat, którego urządzenie jeszcze nie zna. Zainstaluj go raz.",
    get: "Pobierz certyfikat główny domu",
    compareHeading: "Zanim zaufasz, porównaj",
    compare:
      "Osoba, która cię zaprosiła, widzi w terminalu odcisk (SHA-256). Porównaj go z tym, który pokazuje twoje własne urządzenie. Ta strona celowo nie pokazuje żadnego: liczy się tylko ekran twojego urządzenia.",
    stop: "Jeśli się różnią, przerwij, usuń certyfikat i powiedz o tym tej osobie. Ktoś może podsłuchiwać.",
    later: "Czy to urządzenie ufa już domowi? Jeśli nie, zrób to teraz",
    how: {
      iphone: [
        "Otwórz Ustawienia → Ogólne → To urządzenie (informacje o urządzeniu) i na samym końcu znajdź pozycję o zaufaniu do certyfikatów.",
        "Włącz certyfikat, którego nazwa zaczyna się od „Latchkey”.",
      ],
      "iphone-app": [
        "Stuknij przycisk i zezwól na pobranie. Otwórz Ustawienia: pobrany profil jest na górze. Czeka osiem minut.",
        "Stuknij go, potem szczegóły, potem certyfikat: tam jest jego odcisk. Porównaj i dopiero wtedy zainstaluj.",
        "Otwórz Ustawienia → Ogólne → To urządzenie, na końcu znajdź pozycję o zaufaniu do certyfikatów i włącz go.",
      ],
      android: [
        "Stuknij przycisk; plik trafia do pobranych.",
        "Otwórz ustawienia i wyszukaj „certyfikat”. Wybierz instalację certyfikatu → certyfikat CA (często w Zabezpieczenia → Szyfrowanie i dane logowania) i wskaż plik.",
        "Potem w zaufanych danych logowania, w części „Użytkownik”, stuknij certyfikat i porównaj odcisk.",
      ],
      mac: [
        "Otwórz plik: pokaże go Dostęp do pęku kluczy. Wybierz pęk kluczy „login”.",
        "Kliknij dwukrotnie certyfikat. W szczegółach, na końcu, są jego odciski. Porównaj SHA-256.",
        "Tylko gdy jest ten sam: w części o zaufaniu wybierz „Zawsze ufaj”.",
      ],
      windows: [
        "Windows pokazuje tylko SHA-1. Dla SHA-256 otwórz wiersz polecenia i wpisz: `certutil -hashfile Downloads\\house-root.crt SHA256`",
        "Tylko gdy jest ten sam: otwórz plik → Zainstaluj certyfikat → Bieżący użytkownik → Umieść wszystkie certyfikaty w następującym magazynie → Zaufane główne urzędy certyfikacji.",
      ],
      linux: [
        "Najpierw porównaj: `openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256`",
        "Chrome: Ustawienia → Prywatność i bezpieczeństwo → Bezpieczeństwo → Zarządzaj certyfikatami → zaimportuj jako urząd, dla witryn.",
        "Firefox: Ustawienia → Prywatność i bezpieczeństwo → Wyświetl certyfikaty → Organy certyfikacji → Importuj.",
      ],
      other: [
        "Zainstaluj plik jako zaufany certyfikat główny dla witryn, a przedtem porównaj jego odcisk SHA-256.",
        "W formacie PEM, dla programów: /ca.pem pod tym adresem.",
      ],
    },
  },
  profile: {
    heading: "Obejrzyj profil i porównaj",
    how: [
      "Otwórz Ustawienia: pobrany profil jest na górze. Czeka osiem minut; potem pobierz go jeszcze raz.",
      "Stuknij szczegóły, potem certyfikat, którego nazwa zaczyna się od „Latchkey”: tam jest jego odcisk.",
    ],
    install: "Zainstaluj profil",
    installHow: [
      "Stuknij „Instaluj” w prawym górnym rogu i podaj kod urządzenia.",
      "Gdy padnie pytanie o hasło certyfikatu, wpisz hasło z terminala, razem z łącznikami.",
    ],
    switch: "Włącz zaufanie",
  },
  bundle: {
    heading: "Odbierz klucz tego urządzenia",
    passphrase:
      "Padnie pytanie o hasło: jest w terminalu osoby, która cię zaprosiła, cztery grupy po cztery znaki. Nie ma go na tej stronie i nigdy nie przechodzi przez sieć.",
    button: "Odbierz klucz dla tego urządzenia",
    once: "To zużywa odnośnik. Naciśnij na urządzeniu, które chcesz skonfigurować.",
    next: "Co dalej, mówi krok po kroku następna strona.",
    formatLabel: "Format",
    formats: {
      "pkcs12-compatible": "PKCS#12, otwiera się wszędzie",
      pkcs12: "PKCS#12 nowoczesny (Android 14, iOS 18, Windows 10 i nowsze)",
      mobileconfig: "Profil dla iPhone’a, iPada i Maca",
      pem: "PEM, dla programów",
    },
    advanced: "Inny format",
    ownRequest:
      "Serwer lub program najlepiej sam tworzy swój klucz: latchkey enroll albo żądanie (CSR) do /api/v1/enrollments; /openapi.json mówi, jak.",
  },
  ownKey: {
    ask: "Wpisz hasło z terminala osoby, która cię zaprosiła. Urządzenie samo tworzy swój klucz: hasło i klucz zostają na tej stronie.",
    label: "Hasło, cztery grupy po cztery znaki",
    button: "Utwórz klucz tego urządzenia",
    again: "Pobierz klucz jeszcze raz",
    withoutPassphrase: "Nie masz już hasła? Bez niego nikt nie otworzy klucza: poproś osobę, która cię zaprosiła, o nowe zaproszenie.",
    save: "Zapisz klucz",
    says: {
      working: "Tworzenie klucza. To potrwa kilka sekund …",
      ready: "Klucz jest gotowy. Zapisz go teraz, zanim opuścisz tę stronę.",
      empty: "Najpierw wpisz hasło: jest w terminalu osoby, która cię zaprosiła.",
      wrongPassphrase:
        "To nie jest hasło. Spójrz jeszcze raz do terminala: cztery grupy po cztery małe litery i cyfry. Po pięciu błędnych zaproszenie się kończy.",
      retry: "Nie udało się połączyć z domem. Nic nie przepadło: naciśnij przycisk jeszcze raz.",
      INVITATION_LOCKED: "Hasło było błędne pięć razy: to zaproszenie się skończyło. Poproś o nowe.",
      INVITATION_EXPIRED: "Czas tego zaproszenia minął. Poproś o nowe.",
      INVITATION_CANCELED: "To zaproszenie zostało odwołane. Poproś o nowe.",
      INVITATION_REDEEMED:
        "To zaproszenie zostało użyte na innym urządzeniu. Jeśli to nie ty, natychmiast powiedz osobie, która cię zaprosiła.",
      INVITATION_NOT_FOUND: "To zaproszenie nie jest znane. Poproś o nowe.",
      DOWNLOAD_OVER:
        "To trwało zbyt długo. Nic nie przepadło: naciśnij przycisk jeszcze raz. Jeśli komunikat zostanie, minęło dziesięć minut: poproś o nowe zaproszenie.",
    },
  },
  install: {
    heading: "Zainstaluj",
    how: {
      iphone: [],
      "iphone-app": [
        "Zachowaj plik w aplikacji Pliki.",
        "W aplikacji Home Assistant otwórz ustawienia → Companion App → swój serwer i znajdź certyfikat klienta: tam zaimportuj plik.",
        "Wpisz hasło, razem z łącznikami.",
      ],
      android: [
        "Otwórz pobrany plik i wpisz hasło, razem z łącznikami.",
        "Na pytanie o przeznaczenie wybierz VPN i aplikacje („certyfikat użytkownika sieci VPN i aplikacji”). Certyfikatu Wi-Fi aplikacje i przeglądarki nie widzą.",
        "Zrób to przed pierwszym połączeniem aplikacji. Firefox używa go tylko po włączeniu ukrytego ustawienia dla certyfikatów innych firm.",
      ],
      mac: [
        "Otwórz pobrany plik; Dostęp do pęku kluczy zapyta o hasło. Wybierz pęk kluczy „login”.",
        "Safari i Chrome zaproponują go potem same.",
      ],
      windows: [
        "Otwórz pobrany plik → Bieżący użytkownik → Dalej i wpisz hasło.",
        "Wybór magazynu zostaw systemowi. Chrome i Edge zaproponują go potem same.",
      ],
      linux: [
        "Chrome: Ustawienia → Prywatność i bezpieczeństwo → Bezpieczeństwo → Zarządzaj certyfikatami → Twoje certyfikaty → Importuj.",
        "Firefox: Ustawienia → Prywatność i bezpieczeństwo → Wyświetl certyfikaty → Użytkownik → Importuj.",
        "Import pyta o hasło: wpisz hasło z terminala, razem z łącznikami.",
      ],
      other: ["Zainstaluj plik jako certyfikat klienta; otwiera się hasłem z terminala."],
    },
  },
  open: {
    heading: "Otwórz dom",
    text: "Otwórz adres swojego domu. Urządzenie może zapytać, którego certyfikatu użyć: wybierz ten z nazwą tego urządzenia.",
    leave: "Jak usunąć go z tego urządzenia",
  },
  check: {
    link: "Czy się udało? Wypróbuj klucz",
    title: "Czy się udało?",
    works: (deviceName) => `Działa: to jest ${deviceName}`,
    until: (date) => `Klucz jest ważny do ${date}.`,
    open: "Możesz zamknąć tę stronę i otworzyć adres swojego domu.",
    again:
      "Zamknij tę stronę i otwórz ją ponownie, aby urządzenie zapytało od nowa. W niektórych przeglądarkach trzeba najpierw zamknąć wszystkie okna. Jeśli to nie pomoże, zapytaj osobę, która Cię zaprosiła.",
    onceHeld:
      "Na tym urządzeniu nie trzeba nic robić: osoba, która prowadzi dom, może je znowu wpuścić. Poproś ją o to, a potem otwórz tę stronę jeszcze raz.",
    onceRevoked: "Jeśli to urządzenie ma znowu otwierać dom, poproś o nowe zaproszenie.",
    problems: {
      nobody: [
        "Urządzenie nie pokazało żadnego klucza",
        "Klucz nie jest jeszcze zainstalowany albo na pytanie urządzenia wybrano inny lub żaden.",
      ],
      expired: ["Czas tego klucza minął", "Poproś o nowe zaproszenie."],
      held: ["Ten klucz jest wstrzymany", "Osoba, która prowadzi dom, zablokowała go na razie i może go odblokować."],
      revoked: ["Ten klucz niczego już nie otwiera", "Osoba, która prowadzi dom, unieważniła go."],
    },
  },
  ready: {
    title: "Klucz jest gotowy",
    heading: "Klucz jest gotowy",
    lead: "Pobierz go teraz. Czeka tu dziesięć minut, a potem zostaje zapomniany.",
    get: (fileName) => `Pobierz ${fileName}`,
  },
  ended: {
    next: "Co teraz zrobić",
    ask: "Poproś osobę, która cię zaprosiła, o nowe zaproszenie. Zajmie jej to dziesięć sekund.",
    again: "Nic nie zostało zużyte. Za chwilę otwórz odnośnik jeszcze raz.",
    resume: [
      "Klucz powstał w tej karcie i czeka tutaj",
      "Wpisz hasło jeszcze raz, a go dostaniesz. Zaproszenia użyła ta karta; nic więcej nie trzeba robić.",
    ],
    wrongAddress: ["Pod tym adresem niczego nie ma", "Sprawdź odnośnik: zaczyna się od https:// i kończy znakami po /i/."],
    problems: {
      INVITATION_NOT_FOUND: ["To zaproszenie nie jest znane", "Sprawdź odnośnik: może brakuje w nim znaku."],
      INVITATION_EXPIRED: ["Czas tego zaproszenia minął", "Zaproszenie działa tylko kilka minut, żeby zgubiony odnośnik nie był nic wart."],
      INVITATION_REDEEMED: [
        "To zaproszenie zostało użyte",
        "Działa raz. Jeśli to nie ty, natychmiast powiedz osobie, która cię zaprosiła.",
      ],
      INVITATION_CANCELED: ["To zaproszenie zostało odwołane", "Kto je utworzył, wycofał je lub utworzył nowsze."],
      INVITATION_LOCKED: ["To zaproszenie się skończyło", "Hasło było błędne pięć razy."],
      DOWNLOAD_OVER: [
        "Czas tego pobierania minął",
        "Klucz czeka dziesięć minut, a potem zostaje zapomniany. Jeśli powstał w tej karcie, wróć na stronę zaproszenia: tam dostaniesz go jeszcze raz.",
      ],
      ENROLLMENT_CLOSED: [
        "Żadne zaproszenie nie jest otwarte",
        "Teraz nikt nie może się zgłosić. Jeśli link niedawno jeszcze działał, jego czas minął albo został użyty: jeśli to nie Ty, powiedz o tym.",
      ],
      TOO_MANY_REQUESTS: ["Zbyt wiele prób", "Odczekaj minutę i spróbuj jeszcze raz."],
      other: ["To się nie udało", "Dom nie mógł tego teraz zrobić."],
    },
  },
  leave: {
    title: "Usuń klucz z urządzenia",
    lead: "Unieważniony klucz niczego już nie otwiera, ale nadal jest na urządzeniu. Tak go usuniesz:",
    otherDevice: "Inne urządzenie:",
    how: {
      iphone: [
        "Otwórz Ustawienia → Ogólne, znajdź zarządzanie VPN i urządzeniem i wybierz profil, którego nazwa zaczyna się od „Latchkey”.",
        "Usuń profil. Klucz i certyfikat główny domu znikają razem z nim.",
      ],
      "iphone-app": [
        "W aplikacji Home Assistant otwórz ustawienia → Companion App → swój serwer i usuń certyfikat klienta.",
        "Otwórz Ustawienia → Ogólne, znajdź zarządzanie VPN i urządzeniem, wybierz certyfikat, którego nazwa zaczyna się od „Latchkey”, i usuń go. Usuń plik z aplikacji Pliki.",
      ],
      android: [
        "Otwórz ustawienia i wyszukaj „dane logowania”. W danych logowania użytkownika usuń te z nazwą tego urządzenia.",
        "W zaufanych danych logowania, w części „Użytkownik”, usuń certyfikat, którego nazwa zaczyna się od „Latchkey”.",
      ],
      mac: [
        "Otwórz Dostęp do pęku kluczy, pęk „login”: w Moich certyfikatach usuń ten z nazwą tego urządzenia, a w Certyfikatach ten, którego nazwa zaczyna się od „Latchkey”.",
      ],
      windows: [
        "Uruchom certmgr.msc: w Osobisty → Certyfikaty usuń ten z nazwą tego urządzenia, a w Zaufane główne urzędy certyfikacji ten, którego nazwa zaczyna się od „Latchkey”.",
      ],
      linux: [
        "Chrome: Ustawienia → Prywatność i bezpieczeństwo → Bezpieczeństwo → Zarządzaj certyfikatami: usuń go w Twoich certyfikatach oraz urząd, którego nazwa zaczyna się od „Latchkey”.",
        "Firefox: Ustawienia → Prywatność i bezpieczeństwo → Wyświetl certyfikaty: te same dwa.",
      ],
      other: ["Usuń plik z kluczem i certyfikat główny, którego nazwa zaczyna się od „Latchkey”."],
    },
  },
  screens: {
    profile: { title: "Ustawienia", rows: ["Pobrany profil", "Wi-Fi", "Bluetooth"], tap: 0 },
    details: { title: "Instalacja profilu", rows: ["Latchkey", "Szczegóły", "Usuń pobrany profil"], tap: 1 },
    trustSwitch: { title: "Zaufanie do certyfikatów", rows: ["Latchkey servers …"], tap: 0 },
    androidCa: { title: "Instalacja certyfikatu", rows: ["Certyfikat CA", "VPN i aplikacje", "Wi-Fi"], tap: 0 },
    androidUse: { title: "Do czego służy?", rows: ["VPN i aplikacje", "Wi-Fi"], tap: 0 },
    app: { title: "Companion App", rows: ["Twój serwer", "Certyfikat klienta", "…"], tap: 1 },
    keychain: { title: "Dostęp do pęku kluczy", rows: ["login", "System"], tap: 0 },
    windowsStore: { title: "Import certyfikatów", rows: ["Bieżący użytkownik", "Komputer lokalny"], tap: 0 },
    browser: { title: "Certyfikaty", rows: ["Twoje certyfikaty", "Urzędy"], tap: 0 },
    authorities: { title: "Certyfikaty", rows: ["Twoje certyfikaty", "Urzędy"], tap: 1 },
  },
};
