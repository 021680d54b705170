# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look of the page. Light and dark are the same rules with other colours; print is always light."""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "soft": "#f6f7f8",
    "ink": "#16191d",
    "muted": "#5b6470",
    "line": "#dfe3e7",
    "strong": "#8b95a1",
    "good": "#137a45",
    "bad": "#c02b20",
    "bad-soft": "#fdf3f2",
}
DARK = {
    "page": "#121518",
    "soft": "#1a1e22",
    "ink": "#e7eaed",
    "muted": "#9aa5b1",
    "line": "#2c3238",
    "strong": "#6d7883",
    "good": "#5ac98d",
    "bad": "#ff8a80",
    "bad-soft": "#2a1a1a",
}
# Red is left out: it means an error.
SERVICES_LIGHT = ("#2f6fb3", "#a9611f", "#3a8255", "#8459b3", "#ad4a8b", "#2f7f8d", "#7d6c1f", "#667080")
SERVICES_DARK = ("#7db1ea", "#dfa06b", "#84c79a", "#bd9fe6", "#e196c6", "#7fc3cf", "#cbb963", "#a7b0bb")


def service_class(position: int) -> str:
    return f"s{position % len(SERVICES_LIGHT)}"


def style() -> str:
    light, dark = _variables(LIGHT, SERVICES_LIGHT), _variables(DARK, SERVICES_DARK)
    services = "".join(f".s{i}{{fill:var(--s{i});background:var(--s{i})}}" for i in range(len(SERVICES_LIGHT)))
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{_RULES}{services}\n{_PRINT}"
    )


def _variables(colours: dict[str, str], services: tuple[str, ...]) -> str:
    named = {**colours, **{f"s{position}": colour for position, colour in enumerate(services)}}
    return ";".join(f"--{name}:{value}" for name, value in named.items())


_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums lining-nums;overflow-wrap:anywhere}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 32px}
header{padding-top:44px}
header p{margin:0;max-width:none}
.over{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 24px;color:var(--muted);font-size:13px}
h1{font-size:34px;line-height:1.2;letter-spacing:-.018em;font-weight:600;margin:30px 0 12px;max-width:24em;
text-wrap:balance}
h1 em{font-style:normal;color:var(--good)}
h1 em.bad{color:var(--bad)}
header .lead{color:var(--muted);max-width:64em;text-wrap:pretty}
section{display:grid;grid-template-columns:168px minmax(0,1fr);gap:0 32px;padding:26px 0 30px;
border-top:1px solid var(--line)}
section>div{min-width:0}
main{padding-top:36px}
h2{font-size:15px;line-height:1.55;font-weight:600;margin:0}
h3{font-size:13px;font-weight:600;margin:0 0 4px}
p{margin:0 0 10px;max-width:62em}
p:last-child{margin-bottom:0}
.muted,.note,.role{color:var(--muted)}
.hint{display:block;font-weight:400;font-size:13px;line-height:1.45;color:var(--muted);margin-top:3px}
.bad,.lost{color:var(--bad)}
.good{color:var(--good)}
code,.ids{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
ol,ul,dl,dd{margin:0;padding:0;list-style:none}
.way{display:flex;align-items:center}
.station{position:relative;flex:0 0 118px;text-align:center;border:1px solid var(--strong);border-radius:6px;
padding:9px 6px 10px;line-height:1.35}
.station strong{display:block;font-weight:600}
.station .role,.station .lost{display:block;font-size:12.5px}
.passage{flex:1 1 0;min-width:0;text-align:center;font-size:13px;line-height:20px;padding:0 8px}
.passage span{display:block;min-height:20px}
.passage .line{position:relative;height:18px;min-height:18px;display:flex;align-items:center;justify-content:center}
.passage .line:before{content:"";position:absolute;left:0;right:1px;top:8px;border-top:2px solid var(--good)}
.passage .line:after{content:"";position:absolute;right:1px;top:5px;width:8px;height:8px;
border:2px solid var(--good);border-width:2px 2px 0 0;transform:rotate(45deg)}
.broken .line:before,.broken .line:after,.leaking .line:before,.leaking .line:after{border-color:var(--bad)}
.broken .line:before{border-top-style:dashed}
.after .line:before,.after .line:after,.unknown .line:before,.unknown .line:after{border-color:var(--strong)}
.after .line:before{border-top-style:dotted}
.after{color:var(--muted)}
.station.after{border-style:dashed}
.station.broken{border:2px solid var(--bad);background:var(--bad-soft)}
.cross{position:relative;flex:none}
.station .cross{position:absolute;top:-10px;right:-10px}
.cross circle{fill:var(--bad)}
.cross .stroke{stroke:var(--page);stroke-width:2;stroke-linecap:round;fill:none}
.failure{border-left:3px solid var(--bad);padding:1px 0 1px 18px}
.failure .what{font-size:17px;line-height:1.45;font-weight:600}
.failure dt{font-size:13px;color:var(--muted);margin-top:10px}
.failure dd{max-width:58em}
.evidence li{padding-left:14px;position:relative}
.evidence li:before{content:"";position:absolute;left:0;top:.72em;width:5px;border-top:1px solid var(--strong)}
table{border-collapse:collapse;width:100%}
thead th{white-space:nowrap}
th{font-size:13px;font-weight:400;color:var(--muted);text-align:left;padding:0 16px 6px 0}
td,tbody th{padding:6px 16px 6px 0;border-top:1px solid var(--line);vertical-align:top;text-align:left;
font-size:15px;color:var(--ink)}
tbody th{font-weight:400}
th.num,td.num{text-align:right;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
td.state{white-space:nowrap;width:1%}
.demands th{white-space:nowrap}
tr.zero th,tr.zero td{color:var(--muted)}
tr.main th,tr.main td{font-weight:600}
.account{max-width:620px}
.figures{display:flex;flex-wrap:wrap;gap:18px 48px}
.figures dt{font-size:13px;color:var(--muted)}
.figures dd{font-size:26px;line-height:1.25;letter-spacing:-.01em}
svg{display:block;font:12.5px/1 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,
sans-serif;font-variant-numeric:tabular-nums lining-nums}
svg text{fill:var(--ink)}
svg .muted,svg .note,svg .count,.axis text{fill:var(--muted)}
svg .bad{fill:var(--bad)}
.histogram{margin-bottom:14px}
.histogram h3 .muted{font-weight:400}
.histogram svg,.axis{overflow:visible}
.bar{fill:var(--s0)}
.base{stroke:var(--strong);stroke-width:1}
.mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 2}
.value{font-weight:600}
.wide svg{max-width:100%;height:auto;overflow:visible}
.tree{max-width:560px}
.narrow{display:none}
.call{fill:none;stroke:var(--strong);stroke-width:1.5}
.call.failing{stroke:var(--bad)}
.call.told{stroke-dasharray:3 3}
.node{fill:var(--page);stroke:var(--strong)}
.graph .name{font-size:14px;font-weight:600}
.graph .count,.graph text.bad,.label{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
.key{margin-top:12px;font-size:13px;color:var(--muted)}
.scale,.waterfall li{display:grid;grid-template-columns:minmax(0,43%) minmax(0,1fr) 64px;gap:0 16px;align-items:start}
.scale{margin-bottom:4px}
.times{grid-column:2;display:flex;justify-content:space-between;font-size:12.5px;color:var(--muted)}
.waterfall li{border-top:1px solid var(--line);padding:4px 0;font-size:14px;line-height:1.45}
.span{padding-left:calc(var(--depth)*15px + 16px);position:relative}
.span .dot{position:absolute;left:calc(var(--depth)*15px);top:6px}
.dot{display:inline-block;width:8px;height:8px;border-radius:4px;background:var(--strong)}
.span b{font-weight:600}
.span>.bad,.span>.muted{display:block;font-size:13px}
.track .bar{width:100%;height:11px;margin-top:5px;overflow:visible}
.fill-bad{fill:var(--bad)}
.took{text-align:right;white-space:nowrap}
.failed .took{color:var(--bad)}
.ids{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19.5em),1fr));gap:2px 24px}
details{margin-top:10px}
summary{cursor:pointer;font-size:13px;color:var(--muted);margin-bottom:6px}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 24px}
.facts dt{color:var(--muted)}
footer{padding-top:18px;padding-bottom:48px;font-size:13px;color:var(--muted)}
footer div{border-top:1px solid var(--line);padding-top:16px}
@media (max-width:860px){
section{grid-template-columns:minmax(0,1fr);gap:14px;padding:24px 0 26px}
}
@media (max-width:640px){
body{font-size:16px}
main,header,footer{padding-left:20px;padding-right:20px}
header{padding-top:24px}
h1{font-size:26px;margin-top:22px}
main{padding-top:26px}
.wide{display:none}
.narrow{display:block}
.way{flex-direction:column;align-items:stretch}
.station{flex:none;width:164px}
.passage{display:grid;grid-template-columns:164px 1fr;grid-template-rows:auto auto;align-items:center;height:54px;
flex:none;padding:0;text-align:left}
.passage .line{grid-row:1/3;grid-column:1;height:54px;width:164px}
.passage .figure{grid-column:2;grid-row:1/3;padding-left:0;margin-left:-62px}
.passage .lost:not(:empty){grid-column:2;grid-row:2;margin-left:-62px}
.passage:has(.lost:not(:empty)) .figure{grid-row:1}
.passage .line:before{left:81px;right:auto;top:0;bottom:1px;border-top:0;border-left:2px solid var(--good)}
.passage .line:after{right:auto;left:78px;top:auto;bottom:2px;transform:rotate(135deg)}
.broken .line:before{border-left:2px dashed var(--bad)}
.leaking .line:before{border-left-color:var(--bad)}
.unknown .line:before{border-left-color:var(--strong)}
.after .line:before{border-left:2px dotted var(--strong)}
.passage .cross{left:1px}
.scale{display:block}
.waterfall li{grid-template-columns:minmax(0,1fr) max-content}
.waterfall .track{grid-column:1/3;grid-row:2}
.track .bar{height:8px;margin:3px 0 4px}
.span{padding-left:calc(var(--depth)*9px + 16px)}
.span .dot{left:calc(var(--depth)*9px);top:8px}
.facts{grid-template-columns:minmax(0,1fr);gap:0}
.facts dt{font-size:13.5px}
.facts dd{margin-bottom:8px}
.stack thead{display:none}
.stack tr{display:grid;grid-template-columns:minmax(0,1fr) max-content;border-top:1px solid var(--line);padding:6px 0}
.stack th,.stack td{border:0;padding:0;width:auto}
.stack .state{grid-column:2;grid-row:1}
.stack .version{grid-column:1/3;grid-row:3;color:var(--muted);font-size:14px}
.stack .long{grid-column:1/3;grid-row:2;color:var(--muted);font-size:14px}
}
"""
_PRINT = """@media print{
@page{margin:15mm 15mm 17mm}
body{font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
header{padding-top:0}
main{padding-top:18px}
h1{font-size:20pt;margin-top:18px}
section{display:block;padding:12px 0 16px;break-inside:avoid}
section.long{break-inside:auto}
h2{margin-bottom:8px;break-after:avoid}
.hint{display:inline;margin-left:8px}
.station{flex-basis:104px;font-size:9.5pt}
td,tbody th{font-size:10pt;padding-top:4px;padding-bottom:4px}
.waterfall li,tr,.histogram{break-inside:avoid}
.facts{column-gap:20px;row-gap:1px}
details{display:none}
footer{display:none}
}"""
