import Glibc
import Hosts
import Loop
import Resources
import Schema
import Template
import Testing
import Vocabulary
import YAML

/// Hosts that answer nonsense: what each type of resource asks is really asked once, and what
/// comes is then bent in many ways. Whatever it is, it is an answer or an error, and so is the
/// plan that follows from it.
@Suite struct HostileAnswerTests {
    private static let isLong = getenv("FINFLOW_LONG") != nil

    @Test(.timeLimit(.minutes(20)), arguments: ResourceCatalogue.all.map(\.name))
    func `no answer of a host makes more than an error`(name: String) async throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        let example = try YAMLReader().document(type.example, file: "example")
        let fields = try #require(example[name])
        // A text, and a condition where one is asked for.
        let rendered: Value = name == "assert" ? .bool(true) : .string("rendered")
        let resource = try type.read(PlacedValue(fields, rendered))
        let questions = try resource.questions(.contents, MadeUpFiles())
        let asked = try await Asked(questions)
        var random = SeededGenerator(seed: 0xFA17 + UInt64(name.utf8.count))
        let rounds = Self.isLong ? 20_000 : 200
        var (understood, refused) = (0, 0)
        for round in 0..<rounds {
            // The first time as it came.
            let answers = asked.answers { round == 0 ? $0 : bent($0, &random) }
            let context = PlanContext(
                answers: answers, files: MadeUpFiles(), detail: .contents,
                place: SourcePlace(file: "role.yaml", line: 1, column: 1),
                stateDirectory: "/var/lib/finflow")
            do {
                let plan = try resource.plan(context)
                for change in plan.changes { _ = change.after?.count }
                understood += 1
            } catch let error as ProbeError {
                #expect(!error.message.isEmpty)
                refused += 1
            } catch let error as Diagnostics {
                #expect(error.hasErrors)
                refused += 1
            } catch is MoreQuestions {
                understood += 1
            }
        }
        print("\(name): \(rounds) answers, \(understood) understood, \(refused) refused")
        #expect(understood + refused == rounds)
    }

    private static let scraps: [[UInt8]] =
        [
            "\0", "\n", "\0\0", " ", "-1", "0", "99999999999999999999", "=", ":", "/", "\t", "%",
            "true", "é", "[", "\"", "\\", "18446744073709551615", "-9223372036854775808", "0777777",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x1E], Array(repeating: 48, count: 400)]

    private func bent(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.removeLast(bytes.count - place)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3 where place < bytes.count:
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 4: bytes = Array(bytes[place...] + bytes[..<place])
            default:
                bytes.insert(contentsOf: Self.scraps.randomElement(using: &random) ?? [], at: place)
            }
        }
        return bytes
    }
}

/// Questions with what this machine printed.
private struct Asked {
    private var groups: [any Group] = []
    private var derived: [any Probe] = []

    init(_ questions: [any Probe]) async throws {
        var found: [ObjectIdentifier: any Group] = [:]
        func add(_ question: some Probe) {
            for part in question.parts { add(part) }
            if !question.parts.isEmpty { return derived.append(question) }
            question.join(&found)
        }
        for question in questions { add(question) }
        for var group in found.values {
            let script = group.script.withExposed { $0 }
            let result = try await ChildProcess.collect(Command("sh", ["-c", script]))
            group.output = result.output
            groups.append(group)
        }
    }

    func answers(bending bend: ([UInt8]) -> [UInt8]) -> Answers {
        var answers = Answers()
        for group in groups { group.read(bend(group.output), into: &answers) }
        for question in derived { question.derive(&answers) }
        return answers
    }

    protocol Group {
        var script: ShellScript { get }
        var output: [UInt8] { get set }
        func read(_ output: [UInt8], into answers: inout Answers)
    }

    struct GroupOf<Question: Probe>: Group {
        var questions: [Question]
        var output: [UInt8] = []

        var script: ShellScript { Question.script(for: questions) }

        func read(_ output: [UInt8], into answers: inout Answers) {
            do throws(ProbeError) {
                // A slice seldom begins at zero.
                let slice = ([0] + output)[1...]
                for (question, answer) in try Question.answers(to: questions, from: slice) {
                    answers.set(answer, for: question)
                }
            } catch {
                for question in questions { answers.setFailure(error, for: question) }
            }
        }
    }
}

extension Probe {
    fileprivate func join(_ groups: inout [ObjectIdentifier: any Asked.Group]) {
        let type = ObjectIdentifier(Self.self)
        var group = groups[type] as? Asked.GroupOf<Self> ?? Asked.GroupOf(questions: [])
        if !group.questions.contains(self) { group.questions.append(self) }
        groups[type] = group
    }

    fileprivate func derive(_ answers: inout Answers) {
        do throws(ProbeError) {
            answers.set(try answer(from: answers), for: self)
        } catch {
            answers.setFailure(error, for: self)
        }
    }
}

/// Whatever file of a role is asked for, there is one.
private struct MadeUpFiles: PlaybookFiles {
    func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText { SecretText("made up\n") }

    func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        FileDigest(sha256: String(repeating: "0", count: 64), size: 7)
    }

    func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        "/etc/hostname"
    }
}

extension PlacedValue {
    /// With every template filled in.
    fileprivate init(_ node: YAMLNode, _ rendered: Value) {
        switch node.content {
        case .scalar(let scalar):
            let value: Value =
                switch scalar.meaning {
                case .null: .null
                case .bool(let flag): .bool(flag)
                case .int(let number): .int(number)
                case .double(let number): .double(number)
                case .text where scalar.text.contains("{{"): rendered
                case .text: .string(scalar.text)
                }
            self.init(value, at: node.place)
        case .sequence(let elements):
            self.init(.list(elements.map { PlacedValue($0, rendered) }), at: node.place)
        case .mapping(let entries):
            self.init(
                .map(
                    entries.map {
                        Entry(
                            key: $0.key, keyPlace: $0.keyPlace,
                            value: PlacedValue($0.value, rendered))
                    }), at: node.place)
        }
    }
}
