import Lab
import Testing
import Vocabulary

/// Whatever stands in a file that the host remembers by.
@Suite struct DamagedStateTests {
    /// What is done to a file, `$2`; `$3` is a number that decides about its details.
    private static let damages = [
        "emptied": #": >"$2""#,
        "cut": #"size=$(stat --format=%s "$2"); truncate --size=$((size ? $3 % size : 0)) "$2""#,
        "overwritten": #"head --bytes=$(($3 % 5000)) /dev/urandom >"$2""#,
        "bent": #"printf '\377\0\n{' | dd of="$2" conv=notrunc bs=1 seek=$(($3 % 40)) status=none"#,
        "long": #"yes "$3" | head --bytes=300000 >"$2""#,
    ]

    @Test(.timeLimit(.minutes(60)), arguments: damages.keys.sorted())
    func `a file of the state that is damaged costs a look at the host, and changes nothing else`(
        damage: String
    ) async throws {
        let script = Self.damages[damage] ?? ""
        try await FaultyTree.with { tree in
            let wanted = try await tree.wanted(.another)
            try await tree.keepAsStart()
            let files = try await tree.shell(#"cd "$1/state"; find . -type f | sort"#)
            try #require(!files.isEmpty)
            var random = SeededGenerator(seed: UInt64(damage.count))
            for _ in 0..<(Slice.isLong ? 10 : 1) {
                for file in files {
                    let number = Int.random(in: 0..<1 << 20, using: &random)
                    try await tree.begin()
                    try await tree.shell(
                        "set -- \"$1\" \"$1/state/\(file)\" \(number)\n\(script)")
                    let what = "\(file) \(damage), \(number)"
                    let run = try await tree.program.run(tree.setup)
                    #expect(run.status == 0, "\(what): \(run.output.suffix(2000))\(run.error)")
                    // What was forgotten may be done once more; files are as they were. A damaged
                    // lock is told as a change of what is observed.
                    let may: Set = [
                        "localhost/observe", "localhost/test/reread", "localhost/test/stamped",
                        "localhost/test/fed",
                    ]
                    #expect(run.changed.isSubset(of: may), "\(what): \(run.changed)")
                    try await tree.expectRecovery(to: wanted, after: what)
                }
            }
            print("\(damage): \(files.count) files")
        }
    }
}
