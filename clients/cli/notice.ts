import type { Command } from "commander";
import { TestNoticesRequest, TestNoticesResponse } from "../../generated/latchkey/v1/operations_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { green, print, printable, printJson, red } from "./terminal.js";

/** A mail server may take its time. */
const DEADLINE_MILLIS = 60_000;

export function noticeCommand(): Command {
  const command = clientCommand("notice", "Notices before a device's certificate ends", "latchkey notice test");
  command.addCommand(
    clientCommand("test", "Send a test notice by every channel of the settings, and say what each answered", "latchkey notice test").action(
      test,
    ),
  );
  return command;
}

async function test(options: CommonOptions): Promise<void> {
  const response = await withConnection(options, (connection) =>
    call(connection.operations, "testNotices", TestNoticesRequest.create(), { deadlineMillis: DEADLINE_MILLIS }),
  );
  const { outcomes } = response;
  if (options.json) printJson(toJson(TestNoticesResponse, response));
  for (const { channel, receiver, delivered, answer } of options.json ? [] : outcomes) {
    print(`${channel.padEnd(8)} ${printable(receiver)}  ${delivered ? green("delivered") : red("not delivered")}: ${printable(answer)}`);
  }
  if (outcomes.length === 0) {
    throw new CommandError(
      "NOTICE_NOT_DELIVERED",
      "The settings name nobody to notify: set notices.webhook or notices.email (docs/settings.md), and start the CA again.",
    );
  }
  const failed = outcomes.filter(({ delivered }) => !delivered).map(({ channel }) => channel);
  if (failed.length > 0) throw new CommandError("NOTICE_NOT_DELIVERED", `The test did not get through by ${failed.join(" and ")}.`);
}
