import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * What a person writes into site.yaml goes into the files of other programs as it is. So each kind of value is a set of letters that means
 * nothing to any of them, and what is not in it is refused.
 */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** `home.example.com`, in lower case. */
export function isDomain(text: string): boolean {
  const labels = text.split(".");
  return text.length <= 253 && labels.length > 1 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(labels.at(-1) ?? "");
}

export function isIpv4(text: string): boolean {
  return isIP(text) === 4;
}

/** Without a zone (`%eth0`): it means something on one host alone. */
export function isIpv6(text: string): boolean {
  return isIP(text) === 6 && /^[0-9A-Fa-f:.]+$/.test(text);
}

/** Each host has its own of these, or nobody has: other hosts that are told such an address go astray. */
const NO_HOST: ReadonlySet<string> = new Set(["unspecified", "loopback", "linkLocal", "multicast", "broadcast"]);

/** An address that other hosts of the LAN can be led to. What is no address at all is another's to refuse. */
export function isForOthers(text: string): boolean {
  return !ipaddr.isValid(text) || !NO_HOST.has(ipaddr.process(text).range());
}

/** An address, or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const isFour = isIpv4(address);
  return (isFour || isIpv6(address)) && (bits === undefined || Number(bits) <= (isFour ? 32 : 128));
}

/** An absolute path of plain letters. */
export function isPath(text: string): boolean {
  return /^(?:\/[A-Za-z0-9._-]+)+$/.test(text) && text.length <= 200 && !text.split("/").includes("..");
}

/** The name of a user, a firewall zone, a network interface. */
export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,30}$/.test(text);
}

/** A login or a provider's name: no space, no quote, nothing that a shell or a configuration file would read otherwise. */
export function isWord(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(text);
}

/** A password or token as it can stand between single quotes in ddclient's and OpenWrt's files. */
export function isSecret(text: string): boolean {
  return /^[!-~]{1,200}$/.test(text) && !/['"\\#,]/.test(text);
}

/** It goes into an address, too. */
export function isDuckdnsToken(text: string): boolean {
  return /^[A-Za-z0-9-]{8,100}$/.test(text);
}
