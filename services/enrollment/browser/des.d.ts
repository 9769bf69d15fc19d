/** The part of des.js that is used: it brings no types of its own. */
declare module "des.js" {
  interface Cipher {
    update(data: Uint8Array): number[];
    final(): number[];
  }
  interface CipherType {
    create(options: { type: "encrypt" | "decrypt"; key: Uint8Array; iv: Uint8Array }): Cipher;
  }
  export const EDE: unknown;
  export const CBC: { instantiate(base: unknown): CipherType };
}
