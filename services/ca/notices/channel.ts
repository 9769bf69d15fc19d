import type { NoticeChannel } from "../authority/types.js";
import type { Message } from "./message.js";

/** A way by which notices reach somebody. */
export interface Channel {
  readonly name: NoticeChannel;
  /** To whom it speaks: `host:port`, and nothing that might be a secret. */
  readonly receiver: string;
  /** Resolves, with the answer in a few words, once the receiver has taken the message over. Throws NoticeProblem. */
  send(message: Message, signal: AbortSignal): Promise<string>;
  /** Reads the files that sending needs. Throws NoticeProblem. */
  check(): Promise<void>;
}
