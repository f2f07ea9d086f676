internal import Glibc
internal import Vocabulary

/// A process, so that another one on the same machine can tell whether it still lives, although
/// numbers are given again.
public struct ProcessMark: Hashable, Sendable {
    public var number: Int
    /// Tells it from others that had or will have its number: the boot, the namespace in which
    /// the number counts, and the kernel's tick in which it began. `nil` where none is known.
    public var birth: String?

    public init(number: Int, birth: String? = nil) {
        self.number = number
        self.birth = birth
    }

    /// This process.
    public static let current: ProcessMark = {
        let number = Int(getpid())
        return ProcessMark(number: number, birth: birth(ofProcess: number))
    }()

    /// Whether it lives; `nil` where only another machine, container or user could know: `/proc`
    /// may hide the processes of others (`hidepid`, proc(5)), which says nothing of their lives.
    public var isAlive: Bool? {
        guard let theirs = Birth(birth), let ours = Birth(Self.current.birth),
            theirs.boot == ours.boot, theirs.namespace == ours.namespace,
            number > 0, let process = pid_t(exactly: number)
        else { return nil }
        if let present = Self.birth(ofProcess: number) { return present == birth }
        return kill(process, 0) != 0 && errno == ESRCH ? false : nil
    }

    /// Whether it is of another boot than this process: of another machine, or of this one before
    /// it was started again. `nil` where that is not known.
    public var isOfAnotherBoot: Bool? {
        guard let theirs = Birth(birth), let ours = Birth(Self.current.birth) else { return nil }
        return theirs.boot != ours.boot
    }

    private struct Birth {
        var boot: Substring
        var namespace: Substring

        init?(_ text: String?) {
            guard let parts = text?.split(separator: ":"), parts.count == 3 else { return nil }
            (boot, namespace) = (parts[0], parts[1])
        }
    }

    private static func birth(ofProcess number: Int) -> String? {
        guard let boot = text(of: "/proc/sys/kernel/random/boot_id"),
            let status = text(of: "/proc/\(number)/stat"),
            // The name in parentheses may hold anything; what follows it does not.
            let name = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[status.index(after: name)...].split(separator: " ")
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count - 1)
        // proc(5): the start is the 22nd field, of which the first two stand before.
        guard fields.count > 19, count > 0 else { return nil }
        let namespace = target.prefix(count).filter { (48...57).contains($0) }
        return "\(boot.prefix(8)):"
            + "\(String(decoding: namespace.map(UInt8.init(bitPattern:)), as: UTF8.self))"
            + ":\(fields[19])"
    }

    /// Of a file that the kernel makes up, which never waits for a disk.
    private static func text(of path: String) -> String? {
        let bytes = try? FileCalls.contents(of: path, atMost: .kibibytes(64))
        return bytes.flatMap(\.self).map { String(decoding: $0, as: UTF8.self) }
    }
}
