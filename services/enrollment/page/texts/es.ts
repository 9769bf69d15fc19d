import type { Texts } from "../texts.js";

/** Español. */
export const ES: Texts = {
  language: "es",
  name: "Español",
  title: (deviceName) => `Configurar ${deviceName}`,
  heading: (deviceName) => `Vamos a configurar ${deviceName}`,
  lead: "Unos pocos pasos, y este dispositivo abre la puerta de la casa por sí solo, desde cualquier lugar. Ningún otro lo hace.",
  validUntil: (time) => `Este enlace funciona una vez, hasta las ${time}. Mirar esta página no gasta nada.`,
  warned:
    "¿Su navegador le ha advertido sobre esta página? Es lo esperado: su dispositivo aún no conoce la casa. Lo que recibe aquí no vale nada sin la frase de contraseña, y antes de confiar en algo, usted compara.",
  notThisDevice: "Configurar otro dispositivo:",
  otherLanguage: "Idioma:",
  platforms: {
    iphone: "iPhone o iPad",
    "iphone-app": "iPhone: app Home Assistant",
    android: "Android",
    mac: "Mac",
    windows: "Windows",
    linux: "Linux",
    other: "Otra cosa",
  },
  onIphone: {
    ask: "¿Abre usted la casa en Safari o en la app Home Assistant?",
    iphone: "En Safari",
    "iphone-app": "En la app Home Assistant",
  },
  inApp: {
    heading: "Abra primero esta página en su navegador",
    iphone: "Este es un navegador dentro de una app, que no puede instalar claves. Copie la dirección, abra Safari y péguela allí.",
    other:
      "Este es un navegador dentro de una app, que no puede instalar claves. Copie la dirección, abra Chrome o su navegador habitual y péguela allí.",
    copy: "Copiar la dirección",
    copied: "Copiada. Ahora abra su navegador y péguela.",
  },
  trust: {
    heading: "Confiar en la casa",
    why: "La casa tiene su propio certificado, que su dispositivo aún no conoce. Instálelo una vez.",
    get: "Descargar el certificado raíz de la casa",
    compareHeading: "Antes de confiar, compare",
    compare:
      "La persona que le invitó ve una huella (SHA-256) en su terminal. Compárela con la que su propio dispositivo muestra del certificado. Esta página no muestra ninguna a propósito: solo cuenta la pantalla de su dispositivo.",
    stop: "Si son distintas, deténgase, elimine el certificado y avise a esa persona. Puede que alguien esté escuchando.",
    later: "¿Confía ya este dispositivo en la casa? Si no, hágalo ahora",
    how: {
      iphone: [
        "Abra Ajustes → General → Información → Ajustes de confianza de los certificados (al final del todo).",
        "Active el certificado cuyo nombre empieza por «Latchkey».",
      ],
      "iphone-app": [
        "Toque el botón y permita la descarga. Abra Ajustes: el perfil descargado está arriba. Espera ocho minutos.",
        "Tóquelo, luego los detalles, luego el certificado: ahí está su huella. Compare, y solo entonces instale.",
        "Abra Ajustes → General → Información → Ajustes de confianza de los certificados, y actívelo.",
      ],
      android: [
        "Toque el botón; el archivo va a las descargas.",
        "Abra los ajustes y busque «certificado». Elija instalar un certificado → certificado de CA (a menudo en Seguridad → Cifrado y credenciales), y el archivo.",
        "Busque después, en las credenciales de confianza, en «Usuario», el certificado: tóquelo y compare la huella.",
      ],
      mac: [
        "Abra el archivo: Acceso a Llaveros lo muestra. Elija el llavero «inicio de sesión».",
        "Haga doble clic en el certificado. En Detalles, al final, están sus huellas. Compare SHA-256.",
        "Solo si es la misma: en Confiar, elija «Confiar siempre».",
      ],
      windows: [
        "Windows solo muestra SHA-1. Para SHA-256 abra el símbolo del sistema y ejecute: `certutil -hashfile Downloads\\house-root.crt SHA256`",
        "Solo si es la misma: abra el archivo → Instalar certificado → Usuario actual → Colocar todos los certificados en el siguiente almacén → Entidades de certificación raíz de confianza.",
      ],
      linux: [
        "Compare primero: `openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256`",
        "Chrome: Configuración → Privacidad y seguridad → Seguridad → Gestionar certificados → impórtelo como autoridad, para sitios web.",
        "Firefox: Ajustes → Privacidad y seguridad → Ver certificados → Autoridades → Importar.",
      ],
      other: [
        "Instale el archivo como raíz de confianza para sitios web, y compare antes su huella SHA-256.",
        "En PEM, para programas: /ca.pem en esta dirección.",
      ],
    },
  },
  profile: {
    heading: "Mirar el perfil, y comparar",
    how: [
      "Abra Ajustes: el perfil descargado está arriba. Espera ocho minutos; después, descárguelo otra vez.",
      "Toque los detalles, luego el certificado cuyo nombre empieza por «Latchkey»: ahí está su huella.",
    ],
    install: "Instalar el perfil",
    installHow: [
      "Toque Instalar, arriba a la derecha, y escriba el código de su dispositivo.",
      "Cuando pida la contraseña del certificado, escriba la frase de contraseña de la terminal, con los guiones.",
    ],
    switch: "Activar la confianza",
  },
  bundle: {
    heading: "Obtener la clave de este dispositivo",
    passphrase:
      "Se le pedirá una frase de contraseña: está en la terminal de la persona que le invitó, cuatro grupos de cuatro. No está en esta página y nunca pasa por la red.",
    button: "Obtener la clave de este dispositivo",
    once: "Esto gasta el enlace. Púlselo en el dispositivo que quiere configurar.",
    next: "Lo que sigue lo explica la página siguiente, paso a paso.",
    formatLabel: "Formato",
    formats: {
      "pkcs12-compatible": "PKCS#12, se abre en todas partes",
      pkcs12: "PKCS#12 moderno (Android 14, iOS 18, Windows 10 y posteriores)",
      mobileconfig: "Perfil para iPhone, iPad y Mac",
      pem: "PEM, para programas",
    },
    advanced: "Otro formato",
    ownRequest:
      "Un servidor o un programa crea mejor su propia clave: latchkey enroll, o una solicitud (CSR) a /api/v1/enrollments; /openapi.json dice cómo.",
  },
  ownKey: {
    ask: "Escriba la frase de contraseña de la terminal de la persona que le invitó. Su dispositivo crea su clave él mismo: la frase y la clave se quedan en esta página.",
    label: "Frase de contraseña, cuatro grupos de cuatro",
    button: "Crear la clave de este dispositivo",
    again: "Obtener la clave otra vez",
    withoutPassphrase:
      "¿Ya no tiene la frase de contraseña? Sin ella nadie puede abrir la clave: pida otra invitación a la persona que le invitó.",
    save: "Guardar la clave",
    says: {
      working: "Creando la clave. Tarda unos segundos …",
      ready: "La clave está lista. Guárdela ahora, antes de salir de esta página.",
      empty: "Escriba primero la frase de contraseña: está en la terminal de la persona que le invitó.",
      wrongPassphrase:
        "Esta no es la frase de contraseña. Mire otra vez la terminal: cuatro grupos de cuatro letras minúsculas y cifras. Tras cinco errores, la invitación termina.",
      retry: "No se pudo llegar a la casa. No se ha perdido nada: pulse otra vez el botón.",
      INVITATION_LOCKED: "La frase de contraseña fue incorrecta cinco veces: esta invitación ha terminado. Pida otra.",
      INVITATION_EXPIRED: "El tiempo de esta invitación ha pasado. Pida otra.",
      INVITATION_CANCELED: "Esta invitación fue cancelada. Pida otra.",
      INVITATION_REDEEMED: "Esta invitación se ha usado en otro dispositivo. Si no fue usted, avise enseguida a la persona que le invitó.",
      INVITATION_NOT_FOUND: "Esta invitación no se conoce. Pida otra.",
      DOWNLOAD_OVER:
        "Ha tardado demasiado. No se ha perdido nada: pulse otra vez el botón. Si el aviso sigue, han pasado diez minutos: pida una nueva invitación.",
    },
  },
  install: {
    heading: "Instalar",
    how: {
      iphone: [],
      "iphone-app": [
        "Guarde el archivo en Archivos.",
        "En la app Home Assistant abra los ajustes → Companion App → su servidor, y busque el certificado de cliente: importe allí el archivo.",
        "Escriba la frase de contraseña, con los guiones.",
      ],
      android: [
        "Abra el archivo descargado y escriba la frase de contraseña, con los guiones.",
        "Cuando pregunte para qué es, elija VPN y aplicaciones («certificado de usuario de VPN y aplicaciones»). Como certificado de Wi-Fi, las aplicaciones y los navegadores no lo ven.",
        "Hágalo antes de que la aplicación se conecte por primera vez. Firefox solo lo usa con su ajuste oculto para certificados de terceros.",
      ],
      mac: [
        "Abra el archivo descargado; Acceso a Llaveros pide la frase de contraseña. Elija el llavero «inicio de sesión».",
        "Safari y Chrome lo ofrecen después por sí solos.",
      ],
      windows: [
        "Abra el archivo descargado → Usuario actual → Siguiente, y escriba la frase de contraseña.",
        "Deje que Windows elija el almacén. Chrome y Edge lo ofrecen después por sí solos.",
      ],
      linux: [
        "Chrome: Configuración → Privacidad y seguridad → Seguridad → Gestionar certificados → Tus certificados → Importar.",
        "Firefox: Ajustes → Privacidad y seguridad → Ver certificados → Sus certificados → Importar.",
        "La importación pide una contraseña: escriba la frase de contraseña, con los guiones.",
      ],
      other: ["Instale el archivo como certificado de cliente; se abre con la frase de contraseña de la terminal."],
    },
  },
  open: {
    heading: "Abrir la casa",
    text: "Abra la dirección de su casa. Puede que el dispositivo pregunte qué certificado usar: elija el que lleva el nombre de este dispositivo.",
    leave: "Cómo quitarla de este dispositivo",
  },
  check: {
    link: "¿Ha funcionado? Pruebe la llave",
    title: "¿Ha funcionado?",
    works: (deviceName) => `Funciona: este es ${deviceName}`,
    until: (date) => `Su llave vale hasta el ${date}.`,
    open: "Puede cerrar esta página y abrir la dirección de su casa.",
    again:
      "Cierre esta página y vuelva a abrirla, para que el dispositivo pregunte de nuevo. En algunos navegadores hay que cerrar antes todas las ventanas. Si no ayuda, pregunte a quien le invitó.",
    onceHeld:
      "En este dispositivo no hay nada que hacer: quien administra la casa puede dejarlo entrar de nuevo. Pregúntele, y luego vuelva a abrir esta página.",
    onceRevoked: "Si este dispositivo ha de volver a abrir la casa, pida una nueva invitación.",
    problems: {
      nobody: [
        "Su dispositivo no ha mostrado ninguna llave",
        "La llave aún no está instalada, o cuando el dispositivo preguntó se eligió otra o ninguna.",
      ],
      expired: ["El plazo de esta llave ha terminado", "Pida una nueva invitación."],
      held: ["Esta llave está en suspenso", "Quien administra la casa la ha detenido por ahora, y puede volver a activarla."],
      revoked: ["Esta llave ya no abre nada", "Quien administra la casa la ha retirado."],
    },
  },
  ready: {
    title: "La clave está lista",
    heading: "La clave está lista",
    lead: "Tómela ahora. Espera aquí diez minutos, y luego se olvida.",
    get: (fileName) => `Descargar ${fileName}`,
  },
  ended: {
    next: "Qué hacer ahora",
    ask: "Pida otra invitación a la persona que le invitó. Le lleva diez segundos.",
    again: "No se ha gastado nada. Abra el enlace otra vez en un momento.",
    resume: [
      "La clave se creó en esta pestaña y espera aquí",
      "Escriba otra vez la frase de contraseña y la recibirá. Fue esta pestaña la que usó la invitación; no hay que hacer nada más.",
    ],
    wrongAddress: ["En esta dirección no hay nada", "Revise el enlace: empieza por https:// y termina con los caracteres tras /i/."],
    problems: {
      INVITATION_NOT_FOUND: ["Esta invitación no se conoce", "Revise el enlace: puede que falte un carácter."],
      INVITATION_EXPIRED: [
        "El tiempo de esta invitación ha pasado",
        "Una invitación vale solo unos minutos, para que un enlace perdido no valga nada.",
      ],
      INVITATION_REDEEMED: [
        "Esta invitación ya se ha usado",
        "Funciona una vez. Si no fue usted, avise enseguida a la persona que le invitó.",
      ],
      INVITATION_CANCELED: ["Esta invitación fue cancelada", "Quien la hizo la ha retirado, o ha hecho una más nueva."],
      INVITATION_LOCKED: ["Esta invitación ha terminado", "La frase de contraseña fue incorrecta cinco veces."],
      DOWNLOAD_OVER: [
        "Esta descarga ya no es posible",
        "Una clave espera diez minutos y después se olvida. Si se creó en esta pestaña, vuelva a la página de la invitación: allí la recibirá otra vez.",
      ],
      ENROLLMENT_CLOSED: [
        "No hay ninguna invitación abierta",
        "Ahora nadie puede inscribirse. Si el enlace valía hace poco, su tiempo se acabó o alguien lo ha usado: si no fue usted, avise.",
      ],
      TOO_MANY_REQUESTS: ["Demasiadas peticiones", "Espere un minuto e inténtelo otra vez."],
      other: ["No ha funcionado", "La casa no ha podido hacerlo ahora mismo."],
    },
  },
  leave: {
    title: "Quitar la clave de un dispositivo",
    lead: "Una clave que se ha retirado ya no abre nada, pero sigue en el dispositivo. Así se borra:",
    otherDevice: "Otro dispositivo:",
    how: {
      iphone: [
        "Abra Ajustes → General → VPN y gestión de dispositivos, y elija el perfil cuyo nombre empieza por «Latchkey».",
        "Elimine el perfil. La clave y el certificado raíz de la casa se van con él.",
      ],
      "iphone-app": [
        "En la app Home Assistant abra los ajustes → Companion App → su servidor, y elimine el certificado de cliente.",
        "Abra Ajustes → General → VPN y gestión de dispositivos, elija el certificado cuyo nombre empieza por «Latchkey» y elimínelo. Borre el archivo de Archivos.",
      ],
      android: [
        "Abra los ajustes y busque «credenciales». En las credenciales de usuario, elimine la que lleva el nombre de este dispositivo.",
        "En las credenciales de confianza, en «Usuario», elimine el certificado cuyo nombre empieza por «Latchkey».",
      ],
      mac: [
        "Abra Acceso a Llaveros, llavero «inicio de sesión»: en Mis certificados borre el que lleva el nombre de este dispositivo, y en Certificados el que empieza por «Latchkey».",
      ],
      windows: [
        "Ejecute certmgr.msc: en Personal → Certificados borre el que lleva el nombre de este dispositivo; en Entidades de certificación raíz de confianza, el que empieza por «Latchkey».",
      ],
      linux: [
        "Chrome: Configuración → Privacidad y seguridad → Seguridad → Gestionar certificados: bórrelo en Tus certificados, y la autoridad cuyo nombre empieza por «Latchkey».",
        "Firefox: Ajustes → Privacidad y seguridad → Ver certificados: los mismos dos.",
      ],
      other: ["Borre el archivo con su clave, y el certificado raíz cuyo nombre empieza por «Latchkey»."],
    },
  },
  screens: {
    profile: { title: "Ajustes", rows: ["Perfil descargado", "Wi-Fi", "Bluetooth"], tap: 0 },
    details: { title: "Instalar perfil", rows: ["Latchkey", "Más detalles", "Eliminar perfil descargado"], tap: 1 },
    trustSwitch: { title: "Confianza de los certificados", rows: ["Latchkey servers …"], tap: 0 },
    androidCa: { title: "Instalar un certificado", rows: ["Certificado de CA", "VPN y aplicaciones", "Wi-Fi"], tap: 0 },
    androidUse: { title: "¿Para qué es?", rows: ["VPN y aplicaciones", "Wi-Fi"], tap: 0 },
    app: { title: "Companion App", rows: ["Su servidor", "Certificado de cliente", "…"], tap: 1 },
    keychain: { title: "Acceso a Llaveros", rows: ["inicio de sesión", "Sistema"], tap: 0 },
    windowsStore: { title: "Importar certificados", rows: ["Usuario actual", "Máquina local"], tap: 0 },
    browser: { title: "Gestionar certificados", rows: ["Sus certificados", "Autoridades"], tap: 0 },
    authorities: { title: "Gestionar certificados", rows: ["Sus certificados", "Autoridades"], tap: 1 },
  },
};
