import Testing

@testable import Vocabulary

@Suite struct UnifiedDiffTests {
    @Test func `a changed line stands between the lines around it`() {
        let before = (1...9).map { "line \($0)\n" }.joined()
        let after = before.replacing("line 5", with: "line five")
        #expect(
            UnifiedDiff(from: before, to: after, context: 2).description == """
                @@ -3,5 +3,5 @@
                 line 3
                 line 4
                -line 5
                +line five
                 line 6
                 line 7
                """)
    }

    @Test func `changes far apart are two hunks, near ones are one`() {
        let before = (1...30).map { "\($0)\n" }.joined()
        let far = before.replacing("\n3\n", with: "\nx\n").replacing("\n25\n", with: "\ny\n")
        let near = before.replacing("\n3\n", with: "\nx\n").replacing("\n8\n", with: "\ny\n")
        #expect(
            UnifiedDiff(from: before, to: far).hunks.map(\.heading) == [
                "@@ -1,6 +1,6 @@", "@@ -22,7 +22,7 @@",
            ])
        #expect(UnifiedDiff(from: before, to: near).hunks.map(\.heading) == ["@@ -1,11 +1,11 @@"])
    }

    @Test(arguments: [
        ("", "a\n", "@@ -0,0 +1 @@\n+a"),
        ("a\n", "", "@@ -1 +0,0 @@\n-a"),
        ("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a"),
        ("a\r\n", "a\n", "@@ -1 +1 @@\n-a\\r\n+a"),
        ("e\u{301}\n", "\u{e9}\n", "@@ -1 +1 @@\n-e\u{301}\n+\u{e9}"),
    ])
    func `what only bytes tell apart differs`(before: String, after: String, shown: String) {
        // Compared as bytes, since composed and decomposed letters are equal strings.
        let diff = UnifiedDiff(from: before, to: after).description
        #expect(Array(diff.utf8) == Array(shown.utf8))
    }

    @Test func `equal texts have no difference`() {
        #expect(UnifiedDiff(from: "", to: "").isEmpty)
        #expect(UnifiedDiff(from: "a\nb", to: "a\nb").isEmpty)
    }

    @Test func `as few lines as possible change, and applying them gives the new text`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let letters = Int.random(in: 1...6, using: &random)
            func sequence() -> [Int] {
                (0..<Int.random(in: 0...24, using: &random)).map { _ in
                    Int.random(in: 0...letters, using: &random)
                }
            }
            let (left, right) = (sequence(), sequence())
            let common = CommonSubsequence(left, right)
            let keptLeft = zip(left, common.keptOnLeft).filter(\.1).map(\.0)
            let keptRight = zip(right, common.keptOnRight).filter(\.1).map(\.0)
            #expect(keptLeft == keptRight)
            #expect(keptLeft.count == Self.longest(left, right), "\(left) \(right)")
        }
    }

    @Test func `ten thousand lines in another order are bounded and still a right difference`() {
        let before = (0..<10_000).map { "\($0)\n" }
        let after = before.shuffled()
        let diff = UnifiedDiff(from: before.joined(), to: after.joined())
        let lines = diff.hunks.flatMap(\.lines)
        let added = lines.filter { $0.kind == .added }.map(\.text)
        let removed = lines.filter { $0.kind == .removed }.map(\.text)
        #expect(!added.isEmpty)
        #expect(Set(added) == Set(removed))
    }

    private static func longest(_ left: [Int], _ right: [Int]) -> Int {
        var last = Array(repeating: 0, count: right.count + 1)
        for element in left {
            var current = [0]
            for column in right.indices {
                current.append(
                    element == right[column]
                        ? last[column] + 1 : max(last[column + 1], current[column]))
            }
            last = current
        }
        return last[right.count]
    }
}
