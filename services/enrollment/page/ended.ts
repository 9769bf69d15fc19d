import type { Problem } from "../problem.js";
import { html } from "./html.js";
import { layout, steps } from "./layout.js";
import { ownKeyFields, ownKeyTexts } from "./own-key.js";
import { remainingSteps } from "./steps.js";
import type { Texts } from "./texts.js";

/** A page for what can't go on: what happened, and what to do now. */
export function renderEnded(problem: Problem, texts: Texts): string {
  const { next, ask, again, problems } = texts.ended;
  const [title = problem.title, detail = problem.detail] = isTold(problem.code, problems) ? problems[problem.code] : problems.other;
  const isOver = problem.status === 404 || problem.status === 410 || problem.code === "ENROLLMENT_CLOSED";
  // The tab that has used the invitation, and has no bundle yet, can go on from here.
  const resume =
    problem.code === "INVITATION_REDEEMED"
      ? html`<form id="own-key" method="post" hidden>${ownKeyFields(texts, html``)}</form>${ownKeyTexts(texts)}<div id="own-key-ready" hidden><p>${texts.ownKey.says.ready}</p><p><a id="own-key-file" class="button">${texts.ownKey.save}</a></p>${steps(remainingSteps(texts, "other", false, undefined))}</div>`
      : html``;
  return layout(
    texts,
    title,
    html`<h1>${title}</h1><p class="lead">${detail}</p>`,
    html`${resume}<h2>${next}</h2><p>${isOver ? ask : again}</p>`,
  );
}

function isTold(code: string, problems: Texts["ended"]["problems"]): code is keyof Texts["ended"]["problems"] {
  return Object.hasOwn(problems, code);
}
