/** `http://127.0.0.1:8123`, `https://nas.lan/app/`. It goes into nginx's configuration as it is: nothing that could end a directive. */
export function isBackendUrl(text: string): boolean {
  return /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/.test(text) && URL.canParse(text);
}
