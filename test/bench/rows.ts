import type { Row } from "./figure.js";
import { coldRow } from "./rows/cold.js";
import { diskRow } from "./rows/disk.js";
import { enrollmentBesideRow, enrollmentRow } from "./rows/enrollment.js";
import { issueByRsaRow, issueRow } from "./rows/issue.js";
import { largeStoreRows } from "./rows/large-store.js";
import { listRow } from "./rows/list.js";
import { nginxRows } from "./rows/nginx.js";
import { ocspRow } from "./rows/ocsp.js";
import { oneIssueRow } from "./rows/one-issue.js";
import { revokeRows } from "./rows/revoke.js";
import { soakRow } from "./rows/soak.js";

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [
  listRow,
  ...largeStoreRows,
  issueRow,
  issueByRsaRow,
  oneIssueRow,
  diskRow,
  ...revokeRows,
  ...nginxRows,
  ocspRow,
  enrollmentRow,
  enrollmentBesideRow,
  coldRow,
  soakRow,
];
