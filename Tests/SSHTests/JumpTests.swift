import Lab
import LabTraits
import SSH
import Testing

@Suite(.localSSHD) struct JumpTests {
    @Test func aHostIsReachedThroughAnother() async throws {
        try await withServer { inner in
            try await withServer { outer in
                try await expectConnection(to: inner.target(through: outer.target))
            }
        }
    }

    @Test func aHostIsReachedThroughTwoOthersWithManyBytes() async throws {
        try await withServer { inner in
            try await withServer { middle in
                try await withServer { outer in
                    let target = inner.target(through: middle.target(through: outer.target))
                    let connection = try await SSHConnection.connect(to: target)
                    let input = pattern(8 << 20)
                    #expect(try await connection.run("cat", input: input).output == input)
                    await connection.close()
                }
            }
        }
    }

    @Test func aHostThatTheJumpCannotReachIsNamed() async throws {
        try await withServer { outer in
            var target = outer.target
            target.port = try SilentListener().port  // closed again
            target.jump = outer.target
            let asked = target
            let error = await #expect(throws: SSHError.self) {
                try await SSHConnection.connect(to: asked)
            }
            guard case .unreachable("127.0.0.1:\(asked.port)", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func aJumpThatGoesAwayEndsWhatGoesThroughIt() async throws {
        try await withServer { inner in
            try await withServer { outer in
                let connection = try await SSHConnection.connect(
                    to: inner.target(through: outer.target))
                let channel = try await connection.exec("echo started; sleep 1000")
                #expect(try await channel.read() != nil)
                await outer.kill()
                await #expect(throws: SSHError.self) { try await channel.read() }
            }
        }
    }
}

extension LocalSSHD {
    fileprivate func target(through jump: SSHTarget) -> SSHTarget {
        var target = target
        target.jump = jump
        return target
    }
}
