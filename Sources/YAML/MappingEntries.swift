import Vocabulary

/// The entries of a mapping that is being read: no key twice, merge keys kept for the end.
struct MappingEntries {
    private var entries: [YAMLNode.Entry] = []
    private var places: [String: SourcePlace] = [:]
    private var merges: [YAMLNode] = []

    mutating func add(_ entry: YAMLNode.Entry, isMerge: Bool, _ wrong: inout Diagnostics) {
        if let first = places[entry.key] {
            wrong.add(
                Diagnostic(
                    .duplicateKey, "the key `\(entry.key.visible)` stands twice in this mapping",
                    at: entry.keyPlace,
                    related: [Diagnostic.Related("the first one is here", at: first)]))
            return
        }
        places[entry.key] = entry.keyPlace
        if isMerge {
            merges.append(entry.value)
        } else {
            entries.append(entry)
        }
    }

    /// With what `<<` adds (yaml.org/type/merge.html): keys that are not written here, and of
    /// several sources those of the earlier one. They come with the place of the alias.
    func merged(_ wrong: inout Diagnostics) -> [YAMLNode.Entry] {
        guard !merges.isEmpty else { return entries }
        var result = entries
        var known = Set(entries.map(\.key))
        for source in merges.flatMap({ $0.sequence ?? [$0] }) {
            guard let added = source.mapping else {
                wrong.add(
                    Diagnostic(
                        .unusableAlias, "`<<` takes a mapping or a list of mappings",
                        at: source.place))
                continue
            }
            for entry in added where known.insert(entry.key).inserted {
                result.append(entry)
            }
        }
        return result
    }
}
