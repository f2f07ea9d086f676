import Playbook
import TaskGraph
import Testing
import Vocabulary

/// The playbooks that come with finflowctl.
@Suite("Playbooks/")
struct ShippedPlaybooksTests {
    static let root =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Playbooks"

    @Test(
        "each environment is right for every host", arguments: ["local", "staging", "production"])
    func environments(name: String) throws {
        do throws(Diagnostics) {
            let project = try Project.load(
                root: Self.root, environment: name, implied: [("prefix", "/tmp/finflow")],
                reach: .all)
            let graph = try project.graph()
            #expect(!graph.isEmpty)
        } catch {
            Issue.record("\(error.sorted.map { $0.rendered { _ in nil } })")
        }
    }

    @Test("the whole machine is set up as well, with --system")
    func system() throws {
        let sets = [("prefix", "/tmp/finflow"), ("system", "true")]
        let graph = try Project.load(root: Self.root, environment: "local", sets: sets).graph()
        #expect(graph.tasks.contains { $0.id.rawValue.hasPrefix("localhost/common/") })
    }

    @Test(
        "each file is as its JSON Schema says",
        .enabled("python3 has no module jsonschema") { await JSONSchemaValidator.isInstalled() })
    func schemas() async throws {
        let kinds: [(schema: JSON, files: [String])] = [
            (PlaybookSchema.site, ["site.yaml"]),
            (
                PlaybookSchema.environment,
                ["local", "staging", "production"].map { "environments/\($0)/environment.yaml" }
            ),
            (
                PlaybookSchema.role,
                ["common", "docker", "kubernetes", "monitoring", "deployment", "local"].map {
                    "roles/\($0)/role.yaml"
                }
            ),
        ]
        for (schema, files) in kinds {
            let documents = try files.map { name in
                try JSON(yaml: #require(PlaybookFolder.text(of: "\(Self.root)/\(name)")))
            }
            let complaints = try await JSONSchemaValidator.complaints(about: documents, by: schema)
            #expect(complaints == files.map { _ in "" })
        }
    }
}
