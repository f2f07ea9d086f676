import Lab
import LabTraits
import Testing

/// No room, where files are written and where the host remembers.
@Suite(.unless(.mountingIsRefused)) struct DiskFullTests {
    @Test func `a disk that is full in the middle keeps the old file, and the run says so`()
        async throws
    {
        try await FaultyTree.with { tree in
            let wanted = try await tree.wanted(.another)
            try await tree.begin()
            // The old large file has 200 KB, and so has the new one.
            try await withSmallDisk(on: "\(tree.root)/tree", kibibytes: 300) {
                let old = try await tree.shell("sha256sum <\"$1/tree/large\"")
                let run = try await tree.program.run(tree.setup)
                #expect(run.status == 1)
                #expect(run.statuses["localhost/test/large"] == "failed")
                #expect(run.output.contains("No space left on device"), "\(run.output)")
                #expect(try await tree.shell("sha256sum <\"$1/tree/large\"") == old)
                #expect(try await tree.leftovers() == [])
                try await tree.shell("mount -o remount,size=8m \"$1/tree\"")
                try await tree.expectRecovery(to: wanted, after: "the disk was full")
            }
        }
    }

    @Test func `where nothing can be remembered, what is due stays due`() async throws {
        try await FaultyTree.with { tree in
            let wanted = try await tree.wanted(.another)
            try await tree.begin()
            try await withSmallDisk(on: "\(tree.root)/state", kibibytes: 128) {
                try await tree.shell("cat /dev/zero >\"$1/state/filler\" 2>/dev/null || :")
                let run = try await tree.program.run(tree.setup)
                #expect(run.status == 1, "\(run.output)")
                try await tree.shell(
                    "rm \"$1/state/filler\"; mount -o remount,size=8m \"$1/state\"")
                try await tree.expectRecovery(to: wanted, after: "the state directory was full")
            }
        }
    }
}
