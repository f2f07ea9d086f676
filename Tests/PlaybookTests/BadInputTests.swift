import Testing

@Suite("Bad playbooks")
struct BadInputTests {
    @Test("each is told with its code, its place and a caret", arguments: Snapshot.all)
    func told(_ snapshot: Snapshot) throws {
        let told = try PlaybookFolder(snapshot.files).complaints()
        if Snapshot.isWriting { snapshot.write(told) }
        #expect(!told.isEmpty)
        #expect(told == snapshot.expected)
    }

    @Test("the table of bad inputs is there")
    func table() {
        #expect(Snapshot.all.count >= 40)
    }
}
