import CLibArchive
import Glibc

/// Reads an archive of any format that libarchive knows, entry by entry. It blocks.
///
/// It owns libarchive's handle, is used by one caller at a time and never leaves it.
final class ArchiveReader {
    private let handle: OpaquePointer
    private let names: locale_t?
    /// What it reads from, if that is no file.
    private let source: TarSource?

    /// - Parameter path: of a regular file.
    init(path: String) throws(ArchiveError) {
        guard let handle = archive_read_new() else {
            throw ArchiveError(.unreadable, "there is no memory to read it with")
        }
        self.handle = handle
        names = finflow_archive_utf8()
        source = nil
        // Not «all»: mtree archives name files of this machine as their contents, and filters
        // that libarchive lacks are run as programs of whatever name.
        let formats = [
            archive_read_support_format_tar, archive_read_support_format_gnutar,
            archive_read_support_format_zip, archive_read_support_format_7zip,
            archive_read_support_format_cpio, archive_read_support_format_ar,
            archive_read_support_format_cab, archive_read_support_format_iso9660,
            archive_read_support_format_xar, archive_read_support_format_lha,
            archive_read_support_format_rar, archive_read_support_format_rar5,
        ]
        let filters = [
            archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
            archive_read_support_filter_xz, archive_read_support_filter_lzma,
            archive_read_support_filter_lzip, archive_read_support_filter_zstd,
            archive_read_support_filter_lz4, archive_read_support_filter_compress,
        ]
        for support in formats + filters { _ = support(handle) }
        guard archive_read_open_filename(handle, path, 256 << 10) == ARCHIVE_OK else {
            throw failure()
        }
    }

    /// A plain tar archive, as its bytes come.
    init(reading source: TarSource) throws(ArchiveError) {
        guard let handle = archive_read_new() else {
            throw ArchiveError(.unreadable, "there is no memory to read it with")
        }
        self.handle = handle
        self.source = source
        names = finflow_archive_utf8()
        archive_read_support_format_tar(handle)
        archive_read_support_format_gnutar(handle)
        let status = archive_read_open(
            handle, Unmanaged.passUnretained(source).toOpaque(), nil,
            { handle, context, bytes in
                guard let context else { return -1 }
                let source = Unmanaged<TarSource>.fromOpaque(context).takeUnretainedValue()
                guard let next = source.next() else {
                    finflow_archive_fail(handle, EIO, "the source failed")
                    return -1
                }
                bytes?.pointee = next.baseAddress
                return next.count
            }, nil)
        guard status == ARCHIVE_OK else { throw failure() }
    }

    deinit {
        archive_read_free(handle)
        if let names { freelocale(names) }
    }

    /// The next entry, `nil` after the last one. What was not read of the one before is skipped.
    func next() throws(ArchiveError) -> ArchiveEntry? {
        let before = names.map { uselocale($0) }
        defer { if let before { uselocale(before) } }
        var entry: OpaquePointer?
        let status = archive_read_next_header(handle, &entry)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { throw failure() }
        return try read(entry)
    }

    /// The next bytes of the entry, none at its end; at most `limit`.
    func read(upTo limit: Int) throws(ArchiveError) -> [UInt8] {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            count = archive_read_data(handle, buffer.baseAddress, limit)
            initialized = max(0, count)
        }
        guard count >= 0 else { throw failure() }
        return bytes
    }

    /// How much of the archive has been read.
    var position: Int { Int(archive_filter_bytes(handle, 0)) }

    private func read(_ entry: OpaquePointer) throws(ArchiveError) -> ArchiveEntry {
        guard let path = Self.text(archive_entry_pathname(entry)) else {
            throw ArchiveError(.unreadable, "an entry's name is not in UTF-8")
        }
        return ArchiveEntry(
            path: path, kind: try kind(of: entry, path), mode: Int(archive_entry_perm(entry)),
            modified: max(0, archive_entry_mtime(entry)))
    }

    private func kind(
        of entry: OpaquePointer, _ path: String
    ) throws(ArchiveError) -> ArchiveEntry.Kind {
        if archive_entry_hardlink(entry) != nil {
            guard let target = Self.text(archive_entry_hardlink(entry)) else {
                throw ArchiveError(.unreadable, "is a link whose target has no name", entry: path)
            }
            return .hardlink(target: target)
        }
        switch archive_entry_filetype(entry) {
        case 0o100000:
            guard archive_entry_is_encrypted(entry) == 0 else {
                throw ArchiveError(.unreadable, "is encrypted", entry: path)
            }
            guard archive_entry_size_is_set(entry) != 0 else {
                throw ArchiveError(.unreadable, "does not say how long it is", entry: path)
            }
            return .file(size: Int(archive_entry_size(entry)))
        case 0o040000:
            return .directory
        case 0o120000:
            guard let target = Self.text(archive_entry_symlink(entry)) else {
                throw ArchiveError(.unreadable, "is a link whose target has no name", entry: path)
            }
            return .symlink(target: target)
        default:
            return .special
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.flatMap { String(validatingCString: $0) }
    }

    /// libarchive's words, copied at once: the next call overwrites them.
    private func failure() -> ArchiveError {
        let words = archive_error_string(handle).map { String(cString: $0) }
        return ArchiveError(.unreadable, words ?? "it cannot be read as an archive")
    }
}
