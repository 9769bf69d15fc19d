/** One stylesheet, no fonts and no pictures from elsewhere. Light and dark follow the device; sizes follow its text size. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #faf8f4; --card: #ffffff; --ink: #1d2329; --soft: #59636d; --line: #e2ddd3; --key: #1f5f54; --key-ink: #ffffff; --warn: #8a3b12; --warn-paper: #fdf1e7; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181b; --card: #1d2327; --ink: #eceae4; --soft: #a9b1b7; --line: #333b41; --key: #8fd3c1; --key-ink: #0d211c; --warn: #f3b98f; --warn-paper: #33241a; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; hyphens: auto; }
main, footer { max-width: 38rem; margin: 0 auto; padding: 0 1.15rem; }
header { max-width: 38rem; margin: 0 auto; padding: 2rem 1.15rem 0.5rem; }
.mark { display: block; width: 2.75rem; height: 2.75rem; color: var(--key); }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0.9rem 0 0.5rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.1rem 0 0.25rem; }
p { margin: 0.5rem 0; }
.lead { color: var(--soft); }
.steps { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: 1rem; }
.step { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.15rem 1.15rem 1.25rem; }
.number { display: inline-grid; place-items: center; width: 1.75rem; height: 1.75rem; margin-bottom: 0.6rem; border-radius: 50%; background: var(--key); color: var(--key-ink); font-weight: 650; font-size: 0.95rem; }
.how { margin: 0.75rem 0 0; padding-left: 1.3rem; display: grid; gap: 0.4rem; }
.button { display: inline-block; width: 100%; margin: 0.75rem 0 0.25rem; padding: 0.85rem 1.1rem; border: 0; border-radius: 0.75rem; background: var(--key); color: var(--key-ink); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
.button.quiet { background: transparent; color: var(--key); box-shadow: inset 0 0 0 1.5px var(--key); }
.button:disabled { background: var(--line); color: var(--soft); cursor: progress; }
.button:focus-visible, a:focus-visible, summary:focus-visible, select:focus-visible, input:focus-visible { outline: 3px solid var(--key); outline-offset: 3px; }
.step, .how, .how li { min-width: 0; }
.picture { display: block; width: 15rem; max-width: 100%; height: auto; margin: 1rem auto 0.25rem; }
.picture .screen { fill: var(--paper); stroke: var(--line); stroke-width: 2; }
.picture .row { fill: var(--card); stroke: var(--line); }
.picture .tapped { fill: var(--key); stroke: var(--key); }
.picture .label { font: 12.5px system-ui, sans-serif; fill: var(--ink); }
.picture .title { font-weight: 650; }
.picture .on { fill: var(--key-ink); }
.picture .finger { fill: none; stroke: var(--key-ink); stroke-width: 2.5; }
.caution { margin-top: 1rem; padding: 0.75rem 0.9rem; border-radius: 0.75rem; background: var(--warn-paper); color: var(--ink); }
.caution strong { color: var(--warn); }
.fine { color: var(--soft); font-size: 0.925rem; }
details { margin-top: 0.75rem; }
summary { cursor: pointer; color: var(--soft); }
input[name="passphrase"] { font: inherit; font-family: ui-monospace, monospace; width: 100%; max-width: 22rem; margin-top: 0.35rem; padding: 0.7rem; border-radius: 0.5rem; border: 1px solid var(--soft); background: var(--card); color: var(--ink); }
input[aria-invalid="true"] { border: 2px solid var(--warn); }
.problem { color: var(--warn); font-weight: 600; }
.problem::before { content: "⚠ "; content: "⚠ " / ""; }
code { font-family: ui-monospace, monospace; font-size: 0.925em; hyphens: none; }
code span { display: inline-block; max-width: 100%; }
[hidden] { display: none; }
select { font: inherit; max-width: 100%; margin-top: 0.35rem; padding: 0.5rem; border-radius: 0.5rem; border: 1px solid var(--soft); background: var(--card); color: var(--ink); }
a { color: var(--key); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem 1rem; margin: 0.25rem 0 0; padding: 0; }
nav a { display: inline-block; padding: 0.25rem 0; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
main nav { margin-top: 1rem; }
main nav .fine { color: var(--ink); font-size: inherit; font-weight: 600; }
main nav a { padding: 0.5rem 0.9rem; border: 1.5px solid var(--key); border-radius: 0.75rem; text-decoration: none; }
main nav a[aria-current] { background: var(--key); color: var(--key-ink); }
footer { padding-bottom: 2.5rem; }
@media (prefers-reduced-motion: no-preference) { .picture .finger { animation: tap 1.8s ease-in-out infinite; transform-origin: center; transform-box: fill-box; } }
@keyframes tap { 50% { transform: scale(0.72); } }
@media (min-width: 34rem) { .button { width: auto; } }
`;
