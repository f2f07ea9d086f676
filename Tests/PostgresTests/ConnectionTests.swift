import Lab
import LabTraits
import Postgres
import Testing
import Vocabulary

@Suite(.postgres) struct ConnectionTests {
    @Test("A query over TCP gives its row") func tcp() async throws {
        let lab = try await PostgresLab.shared()
        let answer = try await PostgresConnection.withConnection(lab.settings()) { connection in
            try await connection.query("select 1 as one").one().decode("one", as: Int.self)
        }
        #expect(answer == 1)
    }
}
