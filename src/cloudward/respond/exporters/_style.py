"""How a report looks, on a screen and on paper. Every colour has its word beside it."""

CSS = """
:root{--ink:#1b2430;--soft:#5b6675;--line:#d9dee5;--wash:#f5f7f9;
--passed:#1b7f4d;--failed:#b3261e;--not_determined:#8a5a00;--manual:#2f5d9b;--not_covered:#6a7280;--not_applicable:#9aa3ae}
*{box-sizing:border-box}
html{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:3rem 2rem 4rem;overflow-wrap:break-word}
h1{font-size:2.1rem;line-height:1.15;margin:.3rem 0 .4rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.35rem;margin:3rem 0 .8rem;padding-bottom:.3rem;border-bottom:2px solid var(--ink)}
h3{font-size:1.05rem;margin:2.2rem 0 .6rem;color:var(--soft);font-weight:650}
h4{font-size:1rem;margin:0;font-weight:650}
p{margin:.4rem 0}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.15em}
.soft{color:var(--soft)}.small{font-size:.86rem}
.eyebrow{text-transform:uppercase;letter-spacing:.09em;font-size:.78rem;color:var(--soft);font-weight:650}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.88rem}
td,th{border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft);white-space:nowrap}
.across td{background:var(--wash);padding:.3rem .5rem}
tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.keep{white-space:nowrap}.place,.wide{display:inline-block;min-width:7.5rem}
.wide{min-width:15rem}p .wide{min-width:0}
code{overflow-wrap:anywhere;font:.93em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.4rem;margin:1.4rem 0}
dt{color:var(--soft)}dd{margin:0}
.bar{display:flex;height:1.1rem;border-radius:.3rem;overflow:hidden;margin:1.6rem 0 .7rem;gap:2px}
.bar span{display:block;min-width:3px}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;margin:0 0 1rem;padding:0;list-style:none}
.legend b{font-size:1.25rem;font-weight:650;font-variant-numeric:tabular-nums;margin-right:.35rem}
.legend i{display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.45rem}
.state{display:inline-block;font-size:.78rem;font-weight:650;padding:.05rem .5rem;border-radius:1rem;
border:1px solid;white-space:nowrap}
.control{border:1px solid var(--line);border-left:5px solid;border-radius:.35rem;padding:.7rem 1rem;
margin:.8rem 0}
.head{display:flex;gap:.9rem;align-items:baseline}
.head h4{flex:1}.head .id{font-weight:650;min-width:3.2rem}
.box{background:var(--wash);border-radius:.3rem;padding:.5rem .8rem;margin:.6rem 0 0;font-size:.9rem}
.cause{color:var(--not_determined)}
footer{margin-top:4rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft);font-size:.82rem}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{
html{font-size:12px}body{font-size:1rem}main{max-width:none;padding:0}
.cover{min-height:250mm}h2{break-before:page;margin-top:0}h2.stay{break-before:auto;margin-top:1.6rem}
h3,h4,.head{break-after:avoid}tr,.box,dl{break-inside:avoid}thead{display:table-header-group}
}
"""
