import Testing
import Vocabulary

@Suite struct SensitiveTests {
    private struct Login {
        var user = "ops"
        var password = Sensitive("hunter2")
    }

    @Test func `no way of printing a value shows the secret in it`() {
        let login = Login()
        var dumped = ""
        dump(login, to: &dumped)
        let printed = [
            String(describing: login), String(reflecting: login), dumped,
            String(describing: login.password), String(reflecting: [login.password]),
        ]
        for text in printed {
            #expect(!text.contains("hunter2"))
        }
        #expect(String(describing: login.password) == redaction)
    }

    @Test func `a secret leaves only through withExposed`() {
        let length = Sensitive("hunter2").map(\.count).withExposed { $0 }
        #expect(length == 7)
    }
}
