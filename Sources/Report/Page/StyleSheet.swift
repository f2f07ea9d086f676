/// How the page looks: on light and dark screens, and on paper. No status is told by colour alone.
enum StyleSheet {
    static let text: StaticString = """

        :root {
          color-scheme: light dark;
          --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0; --tint: #f4f6f8;
          --changed: #2f6fdb; --failed: #c62f2f; --same: #9aa5b1; --cut: #8a5bd6; --good: #217a3c;
          --hatch: #ffffff; --add: #e3f5e8; --add-ink: #11612c; --del: #fdeaea; --del-ink: #9b1c1c;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14181d; --ink: #e4e8ec; --soft: #98a3af; --line: #333b45; --tint: #1d232a;
            --changed: #6ea2ff; --failed: #f26a6a; --same: #5d6874; --cut: #b394f2; --good: #66c586;
            --hatch: #14181d; --add: #15301f; --add-ink: #8fdfa8; --del: #3a1b1e; --del-ink: #f3a4a4;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.6rem 1.2rem 4rem; max-width: 76rem; background: var(--paper);
          color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        h1 { margin: 0 0 .2rem; font-size: 1.55rem; line-height: 1.25; overflow-wrap: anywhere; }
        h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; }
        p { margin: .4rem 0; }
        code, pre, .mono { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
        .soft { color: var(--soft); }
        .badge {
          display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .8rem;
          font-weight: 600; border: 1.5px solid currentColor; white-space: nowrap;
        }
        .good { color: var(--good); } .bad { color: var(--failed); }
        dl.facts {
          display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 1rem 0;
        }
        dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
        ul.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0; padding: 0; list-style: none; }
        ul.tiles li {
          min-width: 7.5rem; padding: .5rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
          background: var(--tint);
        }
        ul.tasks { margin: 0 0 .5rem; padding-left: 1.2rem; columns: 26rem; font-size: .87rem; }
        ul.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        li.changed b { color: var(--changed); } li.failed b { color: var(--failed); }
        li.cut b { color: var(--cut); }
        .notice { padding: .6rem .9rem; border-left: 4px solid var(--failed); background: var(--tint); }
        .next { padding: .6rem .9rem; border-left: 4px solid var(--changed); background: var(--tint); }
        .chart { overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 46rem; height: auto; }
        svg.patterns { position: absolute; width: 0; min-width: 0; height: 0; }
        svg text { font: 12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--ink); }
        svg .tick { fill: var(--soft); font-size: 11px; } svg .length { fill: var(--soft); font-size: 11px; }
        svg .grid { stroke: var(--line); stroke-width: 1; } svg .row { fill: var(--tint); }
        svg .strong { font-weight: 600; }
        .bar.changed { fill: var(--changed); } .bar.failed { fill: var(--failed); }
        .bar.unchanged, .bar.skipped { fill: var(--same); }
        .bar.cancelled, .bar.unknown { fill: var(--cut); }
        .hatch line { stroke: var(--hatch); stroke-width: 2.2; } .dots rect { fill: var(--hatch); }
        ul.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .4rem 0; padding: 0; list-style: none; }
        ul.legend svg { display: inline-block; width: 22px; min-width: 0; height: 12px; vertical-align: -1px; }
        details { margin: .35rem 0; border: 1px solid var(--line); border-radius: .4rem; }
        summary { padding: .35rem .7rem; cursor: pointer; background: var(--tint); border-radius: .4rem; }
        details[open] > summary { border-bottom: 1px solid var(--line); border-radius: .4rem .4rem 0 0; }
        details > div { padding: .5rem .8rem .7rem; }
        details.failed { border-left: 4px solid var(--failed); }
        details.changed { border-left: 4px solid var(--changed); }
        .mark { display: inline-block; width: 1.1rem; font-weight: 700; text-align: center; }
        .mark.failed { color: var(--failed); } .mark.changed { color: var(--changed); }
        .mark.cut { color: var(--cut); }
        .hosts { color: var(--soft); font-size: .87rem; } .place { float: right; color: var(--soft); }
        pre {
          margin: .5rem 0; padding: .5rem .7rem; overflow-x: auto; max-height: 34rem; background: var(--tint);
          border-radius: .3rem; tab-size: 4;
        }
        pre.output { max-height: 16rem; }
        pre.diff span { display: block; min-height: 1.5em; } pre.diff .add { background: var(--add); color: var(--add-ink); }
        pre.diff .del { background: var(--del); color: var(--del-ink); } pre.diff .at { color: var(--soft); }
        table { width: 100%; border-collapse: collapse; }
        th { text-align: left; font-weight: 600; color: var(--soft); }
        th, td { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
        td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
        @media (max-width: 40rem) {
          dl.facts { grid-template-columns: 1fr; } dl.facts dd { margin-bottom: .4rem; }
          .place { float: none; display: block; }
        }
        @media print {
          :root {
            --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --tint: #f6f6f6;
            --changed: #2f6fdb; --failed: #c62f2f; --same: #9aa5b1; --cut: #8a5bd6; --good: #217a3c;
            --hatch: #ffffff; --add: #e3f5e8; --add-ink: #11612c; --del: #fdeaea; --del-ink: #9b1c1c;
          }
          body { max-width: none; padding: 0; font-size: 10pt; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          details::details-content { content-visibility: visible; height: auto; }
          pre, pre.output { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
          svg { min-width: 0; } tr, li, summary { break-inside: avoid; } h2 { break-after: avoid; }
        }

        """
}
