import Testing

@testable import Hosts

@Suite struct HostRangeTests {
    @Test(arguments: [
        ("db-1", ["db-1"]),
        ("app-[1:3]", ["app-1", "app-2", "app-3"]),
        ("app-[08:10].internal", ["app-08.internal", "app-09.internal", "app-10.internal"]),
        ("db-[a:c]", ["db-a", "db-b", "db-c"]),
        ("[0:10:5]", ["0", "5", "10"]),
        ("r[1:2]n[a:b]", ["r1na", "r1nb", "r2na", "r2nb"]),
    ])
    func aRangeStandsForItsNamesInOrder(text: String, names: [String]) throws {
        #expect(try HostRange(text).names == names)
    }

    @Test(arguments: [
        "a[1:", "a]", "a[1]", "a[]", "a[3:1]", "a[c:a]", "a[1:b]", "a[1:5:0]", "a[1:5:x]",
        "a[-1:3]", "a[aa:bb]", "a[1:99999999999999999999]", "a[1:1000000]",
        "[1:1000][1:1000]",
    ])
    func whatIsNoRangeIsRefused(text: String) {
        #expect(throws: HostRange.Malformed.self) { try HostRange(text) }
    }
}
