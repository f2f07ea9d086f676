public import Vocabulary

extension Manifest {
    public var json: JSON {
        [
            "document": .string(Self.document), "id": .string("\(id)"),
            "environment": .string(environment), "began": .string("\(began)"),
            "ended": .string("\(ended)"), "host": .string(host),
            "tools": .object(
                tools.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }),
            "recipients": .array(recipients.map { .string($0) }),
            "previous": previous?.json ?? .null,
            "databases": .array(databases.map(\.json)), "sets": .array(sets.map(\.json)),
        ]
    }

    /// - Throws: for anything that ``json`` does not give, but for the order of members.
    public init(_ json: JSON) throws(DocumentError) {
        var reader = try DocumentReader(json)
        let document = try reader.string("document")
        guard document == Self.document else {
            throw reader.wrong("document", "it is no `\(Self.document)`")
        }
        id = try reader.parsed("id") { SnapshotID($0) }
        environment = try reader.string("environment")
        began = try reader.parsed("began") { Timestamp($0) }
        ended = try reader.parsed("ended") { Timestamp($0) }
        host = try reader.string("host")
        tools = [:]
        let list = try reader.value("tools")
        var names = try DocumentReader(list, at: "tools")
        for member in list.members ?? [] { tools[member.name] = try names.string(member.name) }
        recipients = try reader.strings("recipients")
        let link = try reader.value("previous")
        previous = link == .null ? nil : try ManifestLink(link, at: "previous")
        databases = try reader.list("databases") { (value, path) throws(DocumentError) in
            try DatabaseSnapshot(value, at: path)
        }
        sets = try reader.list("sets") { (value, path) throws(DocumentError) in
            try ConfigurationSnapshot(value, at: path)
        }
        try reader.finish()
        try check()
    }

    /// What its parts say of each other.
    private func check() throws(DocumentError) {
        var keys: Set<ObjectKey> = []
        for object in objects {
            guard object.key.path.hasPrefix("snapshots/\(id)/") else {
                throw DocumentError(path: "\(object.key)", message: "it is no object of \(id)")
            }
            guard keys.insert(object.key).inserted else {
                throw DocumentError(path: "\(object.key)", message: "it is there twice")
            }
        }
        for (index, database) in databases.enumerated() {
            let own = Set(database.objects.map(\.key))
            for table in database.tables where !own.contains(table.object) {
                throw DocumentError(
                    path: "databases[\(index)].tables",
                    message: "`\(table.object)` is no object of the database")
            }
        }
        guard Set(databases.map(\.name)).count == databases.count else {
            throw DocumentError(path: "databases", message: "a database is there twice")
        }
        guard ended >= began else {
            throw DocumentError(path: "ended", message: "it is before `began`")
        }
    }
}

extension ManifestLink {
    var json: JSON { ["id": .string("\(id)"), "sha256": .string("\(sha256)")] }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        id = try reader.parsed("id") { SnapshotID($0) }
        sha256 = try reader.parsed("sha256") { ContentDigest(hexadecimal: $0) }
        try reader.finish()
    }
}

extension DatabaseSnapshot {
    var json: JSON {
        [
            "name": .string(name), "server": .string(serverVersion), "lsn": .string("\(lsn)"),
            "time": .string("\(time)"), "objects": .array(objects.map(\.json)),
            "tables": .array(tables.map(\.json)),
        ]
    }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        name = try reader.string("name")
        serverVersion = try reader.string("server")
        lsn = try reader.parsed("lsn") { LogPosition($0) }
        time = try reader.parsed("time") { Timestamp($0) }
        objects = try reader.list("objects") { (value, path) throws(DocumentError) in
            try ManifestObject(value, at: path)
        }
        tables = try reader.list("tables") { (value, path) throws(DocumentError) in
            try TableSummary(value, at: path)
        }
        try reader.finish()
    }
}

extension ConfigurationSnapshot {
    var json: JSON {
        [
            "name": .string(name), "time": .string("\(time)"),
            "objects": .array(objects.map(\.json)),
        ]
    }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        name = try reader.string("name")
        time = try reader.parsed("time") { Timestamp($0) }
        objects = try reader.list("objects") { (value, path) throws(DocumentError) in
            try ManifestObject(value, at: path)
        }
        try reader.finish()
    }
}

extension ManifestObject {
    var json: JSON {
        [
            "key": .string(key.path), "content": .string(content.rawValue), "plain": plain.json,
            "stored": stored.json,
        ]
    }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        key = try reader.parsed("key") { ObjectKey($0) }
        content = try reader.parsed("content") { Content(rawValue: $0) }
        plain = try StoredObject(try reader.value("plain"), at: "\(path).plain")
        stored = try StoredObject(try reader.value("stored"), at: "\(path).stored")
        try reader.finish()
    }
}

extension StoredObject {
    var json: JSON { ["size": .int(size), "sha256": .string("\(sha256)")] }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        size = try reader.count("size")
        sha256 = try reader.parsed("sha256") { ContentDigest(hexadecimal: $0) }
        try reader.finish()
    }
}

extension TableSummary {
    var json: JSON {
        [
            "schema": .string(schema), "name": .string(name), "rows": .int(rows.count),
            "checksum": .string(rows.checksum), "object": .string(object.path),
        ]
    }

    init(_ json: JSON, at path: String) throws(DocumentError) {
        var reader = try DocumentReader(json, at: path)
        schema = try reader.string("schema")
        name = try reader.string("name")
        let count = try reader.count("rows")
        rows = try reader.parsed("checksum") { RowSummary(count: count, checksum: $0) }
        object = try reader.parsed("object") { ObjectKey($0) }
        try reader.finish()
    }
}
