import Lab
import LabTraits
import Template
import Testing

@testable import Resources

@Suite("facts") struct SystemFactsTests {
    @Test(.hosts(1)) func factsAreWhatTheHostsOwnProgramsSay() async throws {
        let lab = LabHost.leased[0]
        let host = TestSession(host: lab)
        let facts = try await host.facts()
        #expect(facts["os"]?["id"] == "debian")
        #expect(facts["os"]?["codename"] == "bookworm")
        #expect(facts["os"]?["version"] == "12")
        #expect(facts["kernel"]?["release"]?.string == (try await host.look("uname -r")))
        #expect(facts["architecture"]?.string == (try await host.look("uname -m")))
        #expect(
            facts["debian_architecture"]?.string
                == (try await host.look("dpkg --print-architecture")))
        #expect(facts["hostname"]?.string == lab.name)
        #expect(
            facts["processors"]?["count"]?.int
                == Int(try await host.look("getconf _NPROCESSORS_ONLN")))
        #expect(
            facts["memory"]?["total"]?.int
                == Int(try await host.look("free -b | awk '/^Mem/ {print $2}'")))
        #expect(facts["network"]?["default_address"]?.string == lab.insideAddress)
        #expect(facts["network"]?["addresses"]?.list?.contains(.string(lab.insideAddress)) == true)
        #expect(facts["virtualization"]?.string == (try await host.look("systemd-detect-virt")))
        #expect(facts["init"] == "systemd")
        #expect(facts["package_manager"] == "apt")
        #expect(facts["user"]?["name"] == "ops")
        #expect(facts["user"]?["uid"] == 0)
        let disks = facts["disks"]?.list ?? []
        #expect(disks.contains { $0["mount"] == "/" && ($0["size"]?.int ?? 0) > 0 })
    }

    @Test(.hosts(1)) func factsHaveTheShapeThatIsPromised() async throws {
        let facts = try await TestSession(host: LabHost.leased[0]).facts()
        try demand(facts, Facts.shape, at: "facts")
    }

    private func demand(_ value: Value, _ shape: ValueShape, at path: String) throws {
        guard case .keys(let keys) = shape else { return }
        let map = try #require(value.map, "\(path) is a map")
        #expect(Set(map.keys) == Set(keys.keys), "\(path)")
        for (name, inner) in keys {
            try demand(try #require(map[name]), inner, at: "\(path).\(name)")
        }
    }

    @Test(.hosts(1)) func factsCostFourProcesses() async throws {
        let host = TestSession(host: LabHost.leased[0])
        // Each program that the script starts passes through a directory that counts.
        let counted = try await host.run(
            """
            mkdir -p /tmp/counted
            for program in head df ip uname readlink id cat; do
              printf '#!/bin/sh\\necho %s >> /tmp/counted/log\\nexec %s "$@"\\n' \
                $program "$(command -v $program)" > /tmp/counted/$program
              chmod 755 /tmp/counted/$program
            done
            PATH=/tmp/counted:$PATH
            (
            \(FactsProbe.script(for: [FactsProbe()]))
            ) >/dev/null
            cat /tmp/counted/log
            """)
        let programs = String(decoding: counted.output, as: UTF8.self).split(separator: "\n")
        #expect(programs.dropLast().count <= 4)
        #expect(programs.first == "head")
    }
}

extension Value {
    subscript(key: String) -> Value? { map?[key] }
}
