import CLibArchive
import Glibc

/// What a test wants to be in an archive.
struct Content {
    var path: String
    var kind: Int = 0o100000
    var mode: UInt32 = 0o644
    var bytes: [UInt8] = []
    var symlink: String?
    var hardlink: String?

    static func file(_ path: String, _ text: String, mode: UInt32 = 0o644) -> Content {
        Content(path: path, mode: mode, bytes: Array(text.utf8))
    }

    static func directory(_ path: String, mode: UInt32 = 0o755) -> Content {
        Content(path: path, kind: 0o040000, mode: mode)
    }

    static func symlink(_ path: String, to target: String) -> Content {
        Content(path: path, kind: 0o120000, mode: 0o777, symlink: target)
    }

    static func hardlink(_ path: String, to target: String) -> Content {
        Content(path: path, hardlink: target)
    }

    static func pipe(_ path: String) -> Content {
        Content(path: path, kind: 0o010000)
    }
}

/// An archive made by libarchive itself, which writes whatever name it is given.
final class MadeArchive {
    let path = "/tmp/finflow-archive-\(UInt64.random(in: 0...UInt64.max))"

    init(_ format: String, filter: String? = nil, _ contents: [Content]) {
        let handle = archive_write_new()
        defer { archive_write_free(handle) }
        let before = uselocale(finflow_archive_utf8())
        defer { uselocale(before) }
        archive_write_set_format_by_name(handle, format)
        if let filter { archive_write_add_filter_by_name(handle, filter) }
        archive_write_open_filename(handle, path)
        for content in contents { Self.append(content, to: handle) }
        archive_write_close(handle)
    }

    deinit { unlink(path) }

    private static func append(_ content: Content, to handle: OpaquePointer?) {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, content.path)
        archive_entry_set_filetype(entry, UInt32(content.kind))
        archive_entry_set_perm(entry, content.mode)
        archive_entry_set_mtime(entry, 1_700_000_000, 0)
        archive_entry_set_size(entry, Int64(content.bytes.count))
        archive_entry_set_uid(entry, 1234)
        if let target = content.symlink { archive_entry_set_symlink(entry, target) }
        if let target = content.hardlink { archive_entry_set_hardlink(entry, target) }
        archive_write_header(handle, entry)
        if !content.bytes.isEmpty {
            archive_write_data(handle, content.bytes, content.bytes.count)
        }
    }
}
