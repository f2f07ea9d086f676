public import Resources
public import Vocabulary

/// The JSON Schemas (draft 2020-12) of the files that operators write, for editors.
public enum PlaybookSchema {
    public static var site: JSON {
        document(
            "FinFlow: site.yaml",
            ["type": "array", "items": Play.schema.jsonSchema(templated: false)])
    }

    public static var environment: JSON {
        document(
            "FinFlow: environment.yaml", EnvironmentModel.schema.jsonSchema(templated: false))
    }

    public static var role: JSON { role(ResourceCatalogue.all) }

    public static func role(_ catalogue: [ResourceType]) -> JSON {
        let names = catalogue.map(\.name)
        // Exactly one resource.
        let one = JSON.array(names.map { ["required": [.string($0)]] })
        let task = TaskModel.schema.jsonSchema(templated: false)
            .adding(
                properties: catalogue.map { type in
                    JSON.Member(
                        type.name, ["anyOf": [type.jsonSchema, ["type": "null"]]])
                }
            )
            .adding([JSON.Member("oneOf", one)])
        let role = RoleModel.schema.jsonSchema(templated: false)
            .replacing(
                properties: [
                    JSON.Member("tasks", tasks("What it does.")),
                    JSON.Member("handlers", tasks("What is done when a task notifies it.")),
                ])
            .adding([JSON.Member("$defs", ["task": task])])
        return document("FinFlow: role.yaml", role)
    }

    private static func tasks(_ description: String) -> JSON {
        [
            "description": .string(description), "type": "array",
            "items": ["$ref": "#/$defs/task"],
        ]
    }

    private static func document(_ title: String, _ schema: JSON) -> JSON {
        guard case .object(let members) = schema else { return schema }
        return .object(
            [
                JSON.Member("$schema", "https://json-schema.org/draft/2020-12/schema"),
                JSON.Member("title", .string(title)),
            ] + members)
    }
}

extension JSON {
    fileprivate func adding(_ more: [Member]) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members + more)
    }

    /// An object's schema with more properties.
    fileprivate func adding(properties more: [Member]) -> JSON {
        mapProperties { $0 + more }
    }

    /// An object's schema with other declarations of some properties.
    fileprivate func replacing(properties others: [Member]) -> JSON {
        mapProperties { properties in
            properties.map { property in others.first { $0.name == property.name } ?? property }
        }
    }

    private func mapProperties(_ transform: ([Member]) -> [Member]) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(
            members.map { member in
                guard member.name == "properties", case .object(let properties) = member.value
                else { return member }
                return Member(member.name, .object(transform(properties)))
            })
    }
}
