/// How the page looks: on a screen of any width, by day and by night, and on paper.
enum PageStyle {
  static let css = """
    :root {
      color-scheme: light dark;
      --paper: #faf8f4; --card: #ffffff; --ink: #1f2328; --soft: #666c75; --rule: #e5e0d6;
      --writer: #3b4048; --base: #8d939c; --prompted: #b86e00; --adapter: #1f5fbf; --both: #0b7a6b;
      --outside: #8a4fb0; --good: #1a7f4b; --bad: #b3412e; --shade: #f3efe7;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14161a; --card: #1b1e23; --ink: #e6e4df; --soft: #9aa1ab; --rule: #2e3239;
        --writer: #d5d2ca; --base: #838a94; --prompted: #e0a04a; --adapter: #74a9ff; --both: #56c7b3;
        --outside: #c490e6; --good: #58c98c; --bad: #ef8a75; --shade: #22262c;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; max-width: 74rem; padding: 2rem clamp(1rem, 4vw, 2.5rem) 3rem; background: var(--paper);
      color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    h1, h2, h3 { line-height: 1.25; text-wrap: balance; margin: 0; }
    h1 { font-size: 1.35rem; font-weight: 600; overflow-wrap: anywhere; }
    h2 { font-size: 1.05rem; font-weight: 650; }
    header { margin-bottom: 1.75rem; }
    .verdict { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem 1rem; }
    .badge {
      font-size: clamp(1.9rem, 6vw, 2.7rem); font-weight: 750; letter-spacing: -.02em; line-height: 1.1;
      color: var(--soft);
    }
    .badge.keep { color: var(--good); }
    .badge.retire { color: var(--bad); }
    .reason { font-size: 1.1rem; max-width: 62ch; margin: .7rem 0 .6rem; text-wrap: pretty; }
    .facts, .caption, footer, .note { color: var(--soft); font-size: .86rem; }
    .facts { margin: 0; }
    .card {
      background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 1.1rem 1.2rem 1.2rem;
      margin: 0 0 1rem; min-width: 0;
    }
    .caption { margin: .25rem 0 .8rem; max-width: 68ch; text-wrap: pretty; }
    .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1rem; }
    .plots .card { margin: 0; }
    .plots + .card { margin-top: 1rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
    th, td { padding: .38rem .6rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--rule); }
    thead th { border-top: 0; font-weight: 600; vertical-align: bottom; }
    th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: 400; }
    th:last-child, td:last-child { padding-right: 0; }
    tr.part th:first-child { padding-left: 1rem; color: var(--soft); }
    tr.part td { color: var(--soft); }
    td.best { font-weight: 700; color: var(--ink); }
    td.verb { color: var(--soft); }
    td.drawn { width: 40%; }
    .systems th:not(:first-child) { width: 17%; }
    td.verb.win { color: var(--good); font-weight: 600; }
    td.verb.fault { color: var(--bad); font-weight: 600; }
    svg { display: block; width: 100%; height: auto; max-width: 30rem; margin: 0 auto; overflow: visible; }
    svg.effect { width: 10rem; max-width: none; }
    svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--soft); }
    svg text.label { font-size: 12px; fill: var(--ink); }
    svg text.end { text-anchor: end; }
    svg text.middle { text-anchor: middle; }
    .grid { stroke: var(--rule); stroke-width: 1; fill: none; }
    .axis, .guide { stroke: var(--soft); stroke-width: 1; fill: none; opacity: .7; }
    .guide { stroke-dasharray: 3 3; }
    .margin { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 2 2; fill: none; }
    .span { stroke: var(--rule); stroke-width: 4; stroke-linecap: round; fill: none; }
    .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .line.faint { stroke-width: 1; opacity: .35; }
    .line.base { stroke-dasharray: 5 4; }
    .goal { stroke: currentColor; stroke-width: 3.5; stroke-linecap: round; fill: none; }
    .area { fill: currentColor; opacity: .13; }
    .dot { fill: currentColor; stroke: var(--card); stroke-width: 1.2; }
    .interval { stroke: currentColor; stroke-width: 3; stroke-linecap: round; fill: none; }
    .point { fill: currentColor; stroke: var(--card); stroke-width: 1.5; }
    .win { color: var(--good); } .fault { color: var(--bad); } .even { color: var(--soft); }
    .writer { color: var(--writer); } .base { color: var(--base); } .prompted { color: var(--prompted); }
    .adapter { color: var(--adapter); } .both { color: var(--both); } .outside { color: var(--outside); }
    .legend {
      list-style: none; display: flex; flex-wrap: wrap; gap: .2rem .9rem; margin: .6rem 0 0; padding: 0;
      font-size: .82rem; color: var(--soft);
    }
    .chip {
      display: inline-block; width: .65rem; height: .65rem; border-radius: 50%; background: currentColor;
      margin-right: .35rem;
    }
    .drafts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1.4rem; }
    .draft h3 { font-size: .9rem; font-weight: 650; display: flex; align-items: center; }
    .draft .note { margin: .1rem 0 .5rem; }
    .draft .text { font: .95rem/1.55 ui-serif, Georgia, "Noto Serif", serif; overflow-wrap: anywhere; }
    .draft .text p { margin: 0 0 .7em; white-space: pre-line; }
    .draft .text p.title { font-weight: 700; }
    .seed { margin: .2rem 0 1rem; color: var(--soft); font-size: .92rem; }
    .copied { color: var(--bad); }
    footer { margin-top: 1.6rem; overflow-wrap: anywhere; }
    footer p { max-width: 80ch; margin: .5rem 0; text-wrap: pretty; }
    @media (max-width: 34rem) {
      body { padding-top: 1.2rem; }
      .card { padding: .9rem .95rem 1rem; border-radius: 10px; }
      table { font-size: .8rem; }
      th, td { padding: .34rem .25rem; }
      th, td.verb { white-space: normal; }
      .systems { table-layout: fixed; font-size: .74rem; }
      .systems th:not(:first-child) { width: 18.5%; }
      .systems thead th { font-size: .66rem; }
      .systems .chip { display: block; margin: 0 0 .25rem auto; }
      tr.part th:first-child { padding-left: .5rem; }
      .wide { display: none; }
      svg.effect { width: 6rem; }
    }
    @media print {
      :root {
        color-scheme: light;
        --paper: #fff; --card: #fff; --ink: #000; --soft: #555; --rule: #ccc; --writer: #333; --base: #888;
        --prompted: #b86e00; --adapter: #1f5fbf; --both: #0b7a6b; --outside: #8a4fb0; --good: #1a7f4b;
        --bad: #b3412e; --shade: #eee;
      }
      @page { margin: 16mm 14mm; }
      body { max-width: none; padding: 0; font-size: 9.5pt; }
      .card { padding: 0 0 .6rem; border: 0; border-radius: 0; }
      .plots { grid-template-columns: 1fr 1fr; gap: 1.2rem; }
      .plots .card, .card:has(table), tr, svg { break-inside: avoid; }
      .draft .text p { orphans: 3; widows: 3; }
      h2, h3, .seed, .draft .note { break-after: avoid; }
      th, td { padding-top: .22rem; padding-bottom: .22rem; }
      .card:has(.drafts) { break-before: page; }
      .drafts { display: block; columns: 2; column-gap: 1.6rem; }
      .draft { margin-bottom: 1rem; }
      .draft .text { font-size: 8.5pt; line-height: 1.45; }
      .draft .text p { margin-bottom: .4em; }
      .scroll { overflow: visible; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
