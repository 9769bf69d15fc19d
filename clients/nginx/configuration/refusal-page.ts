/** Where a server sends who shows no good certificate. */
const REFUSAL = "@no_certificate";

/** Inside nginx's double quotes: none of those in it, no dollar and no backslash. */
const PAGE = [
  "<!doctype html>",
  "<html lang='en'>",
  "<meta charset='utf-8'>",
  "<meta name='viewport' content='width=device-width, initial-scale=1'>",
  "<title>This door opens to invited devices</title>",
  "<style>body{font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:3em auto;padding:0 1em}</style>",
  "<h1>This door opens to devices that were invited</h1>",
  "<p>This device has shown no certificate that is good here.</p>",
  "<ul>",
  "<li>Never invited, or asked to leave? Ask whoever runs this house for an invitation.</li>",
  "<li>Invited? Close the browser or the app altogether, come back, and choose the certificate when you are asked for one.</li>",
  "<li>Chosen already? The certificate may have ended: ask for a new invitation.</li>",
  "</ul>",
  "</html>",
].join("\n");

/**
 * The same for every cause: who has none, a foreign, an ended or a revoked certificate learns nothing about which it is. A named location
 * that only returns: nginx does not ask for the certificate again there.
 */
export function renderRefusal(): string {
  return `  # What people without a good certificate see, whatever the reason. A named location that only returns: nginx does not ask again there.
  error_page 495 496 ${REFUSAL};
  location ${REFUSAL} {
    default_type text/html;
    return 400 "${PAGE}
";
  }`;
}
