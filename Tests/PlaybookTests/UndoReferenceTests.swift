import Playbook
import Resources
import Testing

/// What `finflowctl doc` says of undo.
@Suite struct UndoReferenceTests {
    @Test(arguments: ResourceCatalogue.all.map(\.name))
    func `each type says what undo can do, and why not more`(name: String) throws {
        let type = try #require(ResourceCatalogue.type(named: name))
        let words = type.undo.words
        #expect(words.hasSuffix("."), "\(words)")
        let sentences = words.split(separator: ".", omittingEmptySubsequences: true).count
        #expect((1...4).contains(sentences), "\(words)")
        let told = "Undo: \(type.undo.level.rawValue). \(words)"
        let text = ResourceReference.text(type).split(separator: "\n").joined(separator: " ")
        #expect(text.contains(told), "\(text)")
        #expect(ResourceReference.markdown([type]).contains(told))
    }

    @Test func `what changes nothing, and what nobody can know of, is not put back`() {
        let none = ResourceCatalogue.all.filter { $0.undo.level == .none }.map(\.name)
        #expect(Set(none) == ["archive", "assert", "command", "wait_for"])
    }
}
