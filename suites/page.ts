/** A page that needs nothing else, for what a suite found. */
import { Markup, markup, type MarkupPart } from '../reports/html/markup.js';
import { style } from '../reports/html/style.js';

// the page forbids itself everything that it does not need
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** @param head what stands under the title */
export function document(title: string, head: MarkupPart, sections: MarkupPart): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>congruity: ${title}</title><style>${new Markup(style)}</style></head><body>
<header><h1>${title}</h1>${head}</header>
<main>${sections}</main></body></html>
`.text;
}
