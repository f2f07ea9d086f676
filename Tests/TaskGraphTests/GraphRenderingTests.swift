import TaskGraph
import Testing
import Vocabulary

@Suite struct GraphRenderingTests {
    private func graph() throws -> Graph<Void> {
        try Graph(checking: [
            GraphTask(id: "app-1/ntp", title: "package chrony", host: "app-1", work: ()),
            GraphTask(
                id: "app-1/conf", title: "template /etc/\"odd\\name\"\n", host: "app-1",
                softAfter: [Edge(on: "app-1/ntp", .automatic("package before configuration"))],
                work: ()),
            GraphTask(id: "join [token]", after: [Edge(on: "app-1/conf")], work: ()),
            GraphTask(
                id: "app-2/\"#<b>", host: "app-2",
                after: [Edge(on: "app-1/ntp"), Edge(on: "join [token]")], work: ()),
        ])
    }

    @Test func `as text each task stands under the last one that it waits for`() throws {
        #expect(
            try graph().renderedAsText() == """
                app-1/ntp  package chrony
                └─ app-1/conf  template /etc/"odd\\name"\\n
                   └─ join [token]
                      └─ app-2/"#<b>  (also after app-1/ntp)

                """)
    }

    @Test func `Mermaid labels cannot end early or become markup`() throws {
        #expect(
            try graph().renderedAsMermaid() == """
                flowchart TD
                    t2["join #91;token#93;"]
                    subgraph h1["app-1"]
                        t0["app-1/ntp"]
                        t1["app-1/conf"]
                    end
                    subgraph h2["app-2"]
                        t3["app-2/#34;#35;#60;b#62;"]
                    end
                    t0 -.-> t1
                    t1 --> t2
                    t0 --> t3
                    t2 --> t3

                """)
    }

    @Test func `DOT strings are quoted`() throws {
        #expect(
            try graph().renderedAsDOT() == #"""
                digraph tasks {
                    rankdir=TB;
                    node [shape=box];
                    "join [token]" [tooltip="join [token]"];
                    subgraph cluster_1 {
                        label="app-1";
                        "app-1/ntp" [tooltip="package chrony"];
                        "app-1/conf" [tooltip="template /etc/\"odd\\name\"\\n"];
                    }
                    subgraph cluster_2 {
                        label="app-2";
                        "app-2/\"#<b>" [tooltip="app-2/\"#<b>"];
                    }
                    "app-1/ntp" -> "app-1/conf" [style=dashed];
                    "app-1/conf" -> "join [token]";
                    "app-1/ntp" -> "app-2/\"#<b>";
                    "join [token]" -> "app-2/\"#<b>";
                }

                """#)
    }

    @Test func `the text tree shows siblings with their lines`() throws {
        let graph = try Graph(checking: [
            task("a"), task("b", after: ["a"]), task("c", after: ["a"]), task("d", after: ["b"]),
        ])
        #expect(
            graph.renderedAsText() == """
                a
                ├─ b
                │  └─ d
                └─ c

                """)
    }
}
