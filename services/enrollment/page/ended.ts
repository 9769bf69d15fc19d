import type { Problem } from "../problem.js";
import { html } from "./html.js";
import { layout } from "./layout.js";
import { keptKeyFields, ownKeyTexts } from "./own-key.js";
import { type Device, everyRemainingStep } from "./steps.js";
import type { Texts } from "./texts.js";

/**
 * A page for what can't go on: what happened, and what to do now. `device`: that of the tab that can go on all the same, as it has used the
 * invitation itself.
 */
export function renderEnded(problem: Problem, texts: Texts, device?: Device): string {
  const { next, ask, again, wrongAddress } = texts.ended;
  const isNowhere = problem.status === 404 && !isTold(problem.code, texts.ended.problems);
  const [title = problem.title, detail = problem.detail] = isNowhere ? wrongAddress : sentencesOf(problem, texts);
  const isOver = problem.status === 404 || problem.status === 410 || problem.code === "ENROLLMENT_CLOSED";
  const resuming = problem.code === "INVITATION_REDEEMED" ? device : undefined;
  const [resumeTitle = "", resumeDetail = ""] = texts.ended.resume;
  const resumed =
    resuming === undefined
      ? html``
      : html`<div id="resumed" hidden><h1>${resumeTitle}</h1><p class="lead" id="unused">${resumeDetail}</p></div>`;
  const resume =
    resuming === undefined
      ? html``
      : html`<form id="own-key" method="post" novalidate hidden data-platform="${resuming.platform}">${keptKeyFields(texts)}</form>${ownKeyTexts(texts)}<div id="own-key-ready" hidden><p>${texts.ownKey.says.ready}</p><p><a id="own-key-file" class="button">${texts.ownKey.save}</a></p>${everyRemainingStep(texts, resuming)}</div>`;
  return layout(
    texts,
    title,
    html`<div id="ended"><h1>${title}</h1><p class="lead">${detail}</p></div>${resumed}`,
    html`${resume}${isNowhere ? html`` : html`<div id="next"><h2>${next}</h2><p>${isOver ? ask : again}</p></div>`}`,
  );
}

function sentencesOf({ code }: Problem, { ended }: Texts): readonly string[] {
  return isTold(code, ended.problems) ? ended.problems[code] : ended.problems.other;
}

function isTold(code: string, problems: Texts["ended"]["problems"]): code is keyof Texts["ended"]["problems"] {
  return Object.hasOwn(problems, code);
}
