using Nacre.KeyBroker.Plugins.Enclave;
using Nacre.Verifiers.Schemas;

namespace Nacre.UnitTests.KeyBroker.Enclave;

[Trait("Group", "TrustEnclave")]
public sealed class IdentityRulesTests
{
    /// <summary>A claim that no verifier says would make a secret that nobody gets.</summary>
    [Fact]
    public void Every_name_stands_for_a_claim_of_its_tee()
    {
        foreach (var (tee, rules) in IdentityRules.ByTee)
        {
            var schema = ClaimsSchemas.Input([tee]);
            foreach (var (name, test) in rules.Tests)
                Assert.True(JsonPointer.CanOccur(schema, JsonPointer.Parse(test.Pointer)!), $"{tee}.{name} is {test.Pointer}");
        }
    }

    [Fact]
    public void Pointers_are_unescaped_and_found()
    {
        Assert.Equal(["a/b", "c~d"], JsonPointer.Parse("/a~1b/c~0d")!);
        Assert.Null(JsonPointer.Parse("a/b"));
        Assert.Null(JsonPointer.Parse("/"));
        Assert.Null(JsonPointer.Parse("/a~2"));
        var document = System.Text.Json.Nodes.JsonNode.Parse("""{"a":[{"b":1}]}""")!;
        Assert.Equal(1, (int)JsonPointer.Find(document, ["a", "0", "b"])!);
        Assert.Null(JsonPointer.Find(document, ["a", "1", "b"]));
        Assert.Null(JsonPointer.Find(document, ["a", "0", "b", "c"]));
    }
}
