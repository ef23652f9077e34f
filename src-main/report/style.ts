/** The report's style sheet: light, dark and print, nothing remote. 4 px grid; text 13, headings 15, key figures 20. */
import { HUES_DARK, HUES_LIGHT, PAGE_DARK, PAGE_LIGHT } from '../../shared/view/index.ts';

const hues = (list: readonly string[]): string => list.map((hue, i) => `--n${i}:${hue}`).join(';');

const LIGHT = `color-scheme:light;--page:${PAGE_LIGHT};--panel:#f6f7f9;--line:#dfe3e8;--grid:#e6e9ed;--ink:#1a1d23;--soft:#59616e;--good:#156c3a;--bad:#b3261e;--mark:#1a1d23;--tile:#ffffff;${hues(HUES_LIGHT)}`;
const DARK = `color-scheme:dark;--page:${PAGE_DARK};--panel:#1c2027;--line:#333a45;--grid:#2a303a;--ink:#e8eaee;--soft:#a3abb8;--good:#6cc88f;--bad:#ff8a80;--mark:#e8eaee;--tile:#14171c;${hues(HUES_DARK)}`;

/** What figures need, in the report and as files of their own. */
export const FIGURE_STYLE = `text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
text.soft{fill:var(--soft)} text.big{font-weight:600;font-size:12px} text.hex{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:10px;fill:var(--soft)}
text.on{paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
text.end{text-anchor:end} text.mid{text-anchor:middle}
.crisp{shape-rendering:crispEdges}
.calm{fill-opacity:.5} .tint{fill-opacity:.2} .area{fill-opacity:.45}
.edge{fill:none;stroke-width:1.5} .grid{stroke:var(--grid);fill:none} .frame{fill:none;stroke:var(--line)} .axis{stroke:var(--soft);fill:none}
.track{fill:var(--panel)} .owed{fill:var(--mark)} .pin{fill:url(#hatch)} .hatch{stroke:var(--page);stroke-width:1.2;fill:none} .tile{stroke:var(--tile);stroke-width:1.6;fill:none}
.held{fill:var(--soft)} .lag1{fill:var(--soft);fill-opacity:.3} .lag1edge{stroke:var(--soft);fill:none;stroke-width:1.5;stroke-dasharray:5 3} .pinned{stroke:var(--ink);fill:none;stroke-width:1.2;stroke-dasharray:1 3}
.event{stroke:var(--soft);stroke-width:1;stroke-opacity:.55} .sign{fill:var(--ink)} .span{fill:var(--soft);fill-opacity:.55}
`;

/** The same for a file of its own, on a light page: every tool can read it, also one that knows no variables. */
export function resolvedLight(css: string): string {
  const values = new Map(LIGHT.split(';').map((line) => line.split(':') as [string, string]));
  return css.replace(/var\((--[\w-]+)\)/g, (_, name: string) => values.get(name)!);
}

export const STYLE = `
:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:13px/20px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1800px;margin:0 auto;padding:24px 32px 64px}
h1{font-size:20px;line-height:28px;margin:0;overflow-wrap:anywhere}
h2{font-size:15px;line-height:24px;margin:40px 0 4px;padding-top:12px;border-top:1px solid var(--line)}
h3{font-size:13px;line-height:20px;margin:20px 0 4px;overflow-wrap:anywhere}
p{margin:4px 0 8px;max-width:90ch}
.soft,figcaption,.caption{color:var(--soft)}
.verdict{font-size:15px;line-height:24px;margin:8px 0 0;padding:8px 12px;border-left:4px solid var(--soft);background:var(--panel);max-width:none}
.verdict.good{border-color:var(--good)} .verdict.bad{border-color:var(--bad)}
.banner{margin:8px 0 0;padding:4px 12px;border:1px solid var(--line);max-width:none} .banner.bad{border-color:var(--bad);font-weight:600}
.good{color:var(--good)} .bad{color:var(--bad)} .verdict.good,.verdict.bad{color:var(--ink)}
nav{margin:12px 0 0;display:flex;flex-wrap:wrap;gap:4px 16px} nav a{color:var(--soft)}
.lines{margin:12px 0 20px;border-left:4px solid var(--soft);background:var(--panel);padding:8px 16px}
.lines.good{border-color:var(--good)} .lines.bad{border-color:var(--bad)} .lines.good,.lines.bad{color:var(--ink)}
.lines>div{display:grid;grid-template-columns:88px minmax(0,1fr);gap:0 16px;padding:3px 0} .lines dt{color:var(--soft)} .lines dd{margin:0;max-width:100ch;overflow-wrap:anywhere} .lines>div:last-child dd{font-weight:600}
.front{max-width:1040px} .appendix{margin-top:48px}
.tiles{display:flex;flex-wrap:wrap;gap:8px 40px;margin:20px 0 0}
.tiles dt{color:var(--soft);margin:0} .tiles dd{font-size:20px;line-height:28px;margin:0}
.wrap{overflow-x:auto}
table{border-collapse:collapse;margin:4px 0 12px}
.caption{margin:12px 0 0}
.row{display:flex;flex-wrap:wrap;gap:0 48px;align-items:flex-start} .row>*{min-width:0;max-width:100%}
th,td{padding:3px 12px 3px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th{font-weight:600;color:var(--soft);vertical-align:bottom;white-space:nowrap}
tbody th{color:var(--ink);font-weight:400;white-space:normal;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
td.short,tbody th.short{white-space:nowrap}
td.bar{vertical-align:middle;min-width:176px}
tfoot td,tfoot th{border-bottom:0;border-top:1px solid var(--soft);font-weight:600;color:var(--ink)}
.name{overflow-wrap:anywhere;min-width:8ch;max-width:30ch}
.wide{overflow-wrap:anywhere;max-width:72ch}
.mono,pre,code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px}
pre{margin:4px 0;padding:8px 12px;background:var(--panel);white-space:pre-wrap;overflow-wrap:anywhere;line-height:18px}
pre.fixed{white-space:pre;overflow-x:auto}
figure{margin:8px 0 16px} figcaption{margin:0 0 6px;max-width:110ch}
svg{display:block} svg.fig{width:100%;height:auto} svg.defs{position:absolute}
svg.key{display:inline-block;vertical-align:-1px;margin-right:5px} svg.key~svg.key{margin-left:3px}
${FIGURE_STYLE}.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:4px 0 8px;padding:0;list-style:none}
.vms{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,760px),1fr));gap:8px 40px}
.conv{flex:1 1 900px;max-width:1180px}
.eq{white-space:nowrap}
details{margin:4px 0 8px} summary{cursor:pointer}
a:focus-visible,summary:focus-visible{outline:2px solid var(--n0);outline-offset:2px}
@page{size:A4;margin:14mm}
@media print{
section>p{break-inside:avoid} th,th.n{white-space:normal} thead,tbody tr:first-child:not(:only-child),tbody tr:nth-last-child(2){break-after:avoid} tfoot tr{break-before:avoid} td.wide{min-width:20ch}
p,li,dd,td{orphans:3;widows:3} .front{break-after:page} .appendix{display:none} .front a{color:inherit;text-decoration:none} .wrap>.caption{break-after:avoid} .lines{font-size:11pt;line-height:15pt}
body{font-size:9.5pt;line-height:13pt} main{max-width:none;padding:0} nav{display:none} h2{break-after:avoid;margin-top:18pt} h3,.caption,figcaption,summary,details p,section>p{break-after:avoid}
tr,figure,.tiles,.lines,.legend,.verdict,.vm{break-inside:avoid} thead{display:table-header-group} tfoot{display:table-row-group} .wrap{overflow:visible}
.vms,.row{display:block} .wide,.name{min-width:14ch} pre{break-inside:avoid} .source pre{break-inside:auto}
details:not(.source)::details-content{content-visibility:visible;block-size:auto;height:auto;opacity:1}
th,td{padding:1.5pt 6pt 1.5pt 0} td.short,tbody th.short{white-space:nowrap}
td.bar{min-width:90pt} .name{max-width:24ch} .eq{white-space:normal} pre,pre.fixed{white-space:pre-wrap;font-size:8pt;line-height:10.5pt} .mono,code{font-size:8pt}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
