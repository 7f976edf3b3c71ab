using System.Diagnostics;
using Nacre.Verifiers.Schemas;
using static Nacre.Verifiers.Schemas.Claim<Nacre.UnitTests.Verifiers.Schemas.ClaimTests.Device>;

namespace Nacre.UnitTests.Verifiers.Schemas;

/// <summary>One list says how claims are written and how they are described.</summary>
[Trait("Group", "EvidenceClaims")]
public sealed class ClaimTests
{
    private static readonly ClaimList<Device> s_list = new(
        "A device.",
        [
            Text("name", "Its name.", d => d.Name),
            LittleEndian("little", "Low byte first.", 3, d => d.Number),
            BigEndian("big", "High byte first.", 3, d => d.Number),
            Date("date", "In UTC.", d => d.Date).Optional(),
            Any("any", "Anything.", _ => null),
            Integer("large", "All 64 bits.", d => d.Large),
            List("parts", "Its parts.", "A part.", [Claim<int>.Integer("n", "A number.", n => n)], d => d.Parts),
            Boolean("odd", "Only of odd numbers.", _ => true).When(d => d.Number % 2 == 1),
        ]);

    [Fact]
    public void Values_are_written_in_the_form_of_their_claim()
    {
        var date = new DateTimeOffset(2026, 6, 1, 2, 0, 0, TimeSpan.FromHours(2));
        var device = new Device("A", 0x010203) { Date = date, Large = ulong.MaxValue, Parts = [7] };

        Assert.Equal(
            """{"name":"A","little":"030201","big":"010203","date":"2026-06-01T00:00:00Z","any":null,"large":18446744073709551615,"""
                + "\"parts\":[{\"n\":7}],\"odd\":true}",
            s_list.ToJson(device).ToJsonString());
    }

    [Fact]
    public void An_optional_claim_without_value_is_not_written() =>
        Assert.Equal(
            """{"name":"A","little":"020000","big":"000002","any":null,"large":0,"parts":[]}""", s_list.ToJson(new("A", 2)).ToJsonString());

    [Fact]
    public void A_claim_that_is_always_there_cannot_be_without_value()
    {
        var error = Assert.Throws<UnreachableException>(() => s_list.ToJson(new(null, 1)));
        Assert.Equal("the claim 'name' is always there", error.Message);
    }

    [Fact]
    public void The_schema_requires_what_is_not_optional()
    {
        var schema = s_list.Schema();

        Assert.Equal(["name", "little", "big", "any", "large", "parts"], schema["required"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("^[0-9a-f]{6}$", (string?)schema["properties"]!["little"]!["pattern"]);
        Assert.Equal("date-time", (string?)schema["properties"]!["date"]!["format"]);
        Assert.Equal("integer", (string?)schema["properties"]!["parts"]!["items"]!["properties"]!["n"]!["type"]);
    }

    internal sealed record Device(string? Name, uint Number)
    {
        public DateTimeOffset? Date { get; init; }

        public ulong Large { get; init; }

        public int[] Parts { get; init; } = [];
    }
}
