/** RFC 6266 and 8187: a name that every browser saves a file under. */
export function contentDisposition(fileName: string): string {
  const plain =
    fileName
      .normalize("NFKD")
      .replaceAll(/[^A-Za-z0-9._ -]/g, "")
      .trim() || "device";
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
