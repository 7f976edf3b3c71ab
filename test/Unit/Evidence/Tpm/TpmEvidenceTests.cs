using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.UnitTests.Evidence.Tpm;

[Trait("Group", "Tpm")]
public sealed class TpmEvidenceTests
{
    private static string Genuine => TpmVectors.ReadText("coco-evidence/rsa_all.json");

    [Theory]
    [InlineData("coco-evidence/rsa_all.json")]
    [InlineData("coco-evidence/ecc_all.json")]
    [InlineData("coco-evidence/trustee_tpm_evidence.json")]
    public void Writes_what_it_read(string file)
    {
        var text = TpmVectors.Read(file);

        var written = TpmEvidence.Parse(text).ToJson();

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(written)));
    }

    public static TheoryData<string, Func<string, string>> Broken => new()
    {
        { "a duplicate member", text => text.Replace("{\"ak_public\"", "{\"ak_public\":\"\",\"ak_public\"", StringComparison.Ordinal) },
        { "an unknown member", text => text.Replace("{\"ak_public\"", "{\"version\":2,\"ak_public\"", StringComparison.Ordinal) },
        { "text after the end", text => text + "{}" },
        { "a missing key", text => text.Replace("ak_public", "ak", StringComparison.Ordinal) },
        { "23 registers", text => Edit(text, quote => quote["pcrs"]!.AsArray().RemoveAt(0)) },
        { "25 registers", text => Edit(text, quote => quote["pcrs"]!.AsArray().Add(new string('0', 64))) },
        { "a short register", text => Edit(text, quote => quote["pcrs"]![3] = "00") },
        { "a register that is no hex", text => Edit(text, quote => quote["pcrs"]![3] = new string('g', 64)) },
        { "a register that is a number", text => Edit(text, quote => quote["pcrs"]![3] = 0) },
        { "base64 without padding", text => Edit(text, quote => quote["message"] = "AAA") },
        { "base64 with stray bits", text => Edit(text, quote => quote["message"] = "AAB=") },
        { "base64 with white space", text => Edit(text, quote => quote["message"] = "AA A=") },
        { "URL-safe base64", text => Edit(text, quote => quote["message"] = "__8=") },
        { "a huge message", text => Edit(text, quote => quote["message"] = Convert.ToBase64String(new byte[4000])) },
        { "null for the quote", _ => "{\"ak_public\":\"AAAA\",\"tpm_quote\":null}" },
        { "half of a surrogate pair", text => Edit(text, _ => { }).Replace("\"message\":\"", "\"message\":\"\\ud800", StringComparison.Ordinal) },
        { "nothing", _ => "" },
        { "a list", _ => "[]" },
        { "deep nesting", _ => string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1" + new string('}', 5000) },
        { "too much", _ => "{\"ak_public\":\"" + new string('A', 70000) + "\"}" },
    };

    [Theory]
    [MemberData(nameof(Broken), DisableDiscoveryEnumeration = true)]
    public void Refuses(string what, Func<string, string> change)
    {
        Assert.NotEmpty(what);
        Assert.Throws<MalformedDataException>(() => TpmEvidence.Parse(Encoding.UTF8.GetBytes(change(Genuine))));
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        var genuine = Encoding.UTF8.GetBytes(Genuine.Trim());
        for (var length = 0; length < genuine.Length; length++)
            Assert.Throws<MalformedDataException>(() => TpmEvidence.Parse(genuine.AsMemory(0, length)));
    }

    private static string Edit(string text, Action<JsonNode> change)
    {
        var root = JsonNode.Parse(text)!;
        change(root["tpm_quote"]!);
        return root.ToJsonString();
    }
}
