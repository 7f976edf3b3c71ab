using System.Text;
using System.Text.Json;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Formats.Toml;

namespace Nacre.UnitTests.Formats.Toml;

[Trait("Group", "Formats")]
public sealed class TomlDocumentTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("a = 1", """{"a":1}""")]
    [InlineData("a = 1_000\nb = -0x1f\n", null)]
    [InlineData("a = 0x1f\nb = 0o17\nc = 0b11", """{"a":31,"b":15,"c":3}""")]
    [InlineData("a = 1.5\nb = 1e3 # comment\n", """{"a":1.5,"b":1000}""")]
    [InlineData("a = true\r\nb = false\r\n", """{"a":true,"b":false}""")]
    [InlineData("a.b.c = 1\na.b.d = 2", """{"a":{"b":{"c":1,"d":2}}}""")]
    [InlineData("[a]\nb = 1\n[a.c]\nd = 2", """{"a":{"b":1,"c":{"d":2}}}""")]
    [InlineData("[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3", """{"a":[{"b":1},{"b":2,"c":{"d":3}}]}""")]
    [InlineData("a = [1, 2,\n # x\n 3,]", """{"a":[1,2,3]}""")]
    [InlineData("a = { b = 1, c.d = 2 }", """{"a":{"b":1,"c":{"d":2}}}""")]
    [InlineData("\"aa.toml\" = 'C:\\x'", """{"aa.toml":"C:\\x"}""")]
    [InlineData("a = \"t\\tq\\\"u\\u20acU\\U0001F600\"", """{"a":"t\tq\"u€U😀"}""")]
    [InlineData("a = '''\nline 1\nline 2'''", """{"a":"line 1\nline 2"}""")]
    [InlineData("a = \"\"\"x \\\n   y\"\"\"", """{"a":"x y"}""")]
    [InlineData("a = \"\"\"\"quoted\"\"\"\"", """{"a":"\"quoted\""}""")]
    [InlineData("a = 2024-01-02T03:04:05Z\nb = 2024-01-02 03:04:05", """{"a":"2024-01-02T03:04:05Z","b":"2024-01-02 03:04:05"}""")]
    [InlineData("a = 1\na = 2", null)]
    [InlineData("[a]\n[a]", null)]
    [InlineData("a = 1\n[a]", null)]
    [InlineData("a = 01", null)]
    [InlineData("a = 1__0", null)]
    [InlineData("a = inf", null)]
    [InlineData("a =", null)]
    [InlineData("a = 1 b = 2", null)]
    [InlineData("a = \"x", null)]
    [InlineData("a = \"\\q\"", null)]
    [InlineData("a = \"\\ud800\"", null)]
    [InlineData("a = '''x", null)]
    [InlineData("a = [1", null)]
    [InlineData("= 1", null)]
    [InlineData("[a", null)]
    [InlineData("a = { b = 1, b = 2 }", null)]
    [InlineData("a = 99999999999999999999", null)]
    public void Reads_or_refuses(string toml, string? json)
    {
        if (json is null)
            Assert.Throws<MalformedDataException>(() => TomlDocument.Parse(toml));
        else
            Assert.Equal(Canonical(Encoding.UTF8.GetBytes(json)), Canonical(JsonText.Utf8(TomlDocument.Parse(toml))));
    }

    private static string Canonical(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Write(document.RootElement));
    }

    [Fact]
    public void Refuses_what_is_nested_too_deeply() =>
        Assert.Throws<MalformedDataException>(() => TomlDocument.Parse("a = " + new string('[', 100) + new string(']', 100)));

    [Fact]
    public void Survives_every_cut_and_every_changed_character()
    {
        const string toml = "a = \"x\\u00e9\"\n[b.\"c d\"]\ne = [1, 0x2, '''q''', { f = 2024-01-02 }]\n[[g]]\nh = 1.5e3 # end\n";
        TomlDocument.Parse(toml);
        for (var i = 0; i < toml.Length; i++)
        {
            Only(() => TomlDocument.Parse(toml[..i]));
            foreach (var c in "\"'[]{}=,.\n#\\\0\x7f 0zu")
                Only(() => TomlDocument.Parse(toml[..i] + c + toml[(i + 1)..]));
        }

        static void Only(Action parse) => Assert.True(Record.Exception(parse) is null or MalformedDataException);
    }
}
