using System.Text;
using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

/// <summary>Mutated policies and inputs: nothing but documented errors. The seed is fixed; NACRE_FUZZ_SECONDS makes it run longer.</summary>
[Trait("Group", "RegoFuzz")]
public sealed class RegoFuzzTests
{
    private const int Seed = 20_251_121;

    private static readonly string[] s_policies =
    [
        "package p\nimport rego.v1\ndefault allow := false\nallow if { input.a[_].b == \"x\"; not deny }\ndeny if some x in input.xs; x.y > 3\n",
        "package p\nxs contains x if { x := numbers.range(1, 9)[_]; x % 2 == 0 }\nobj[k] := v if some k, v in input\nf(a, [b, c]) := a + b * c\n",
        "package p\nr := {k: [v | some v in vs] | some k, vs in {\"a\": [1, 2], \"b\": {3}}} with input as {\"z\": null}\ns := $\"{1 + 2} {input.x}\"\n",
        "package p\np := walk(input) \nq if every x in [1, 2] { x > 0 } else := \"no\" if { sprintf(\"%d %s\", [1, \"a\"]) == regex.replace(\"a(b)\", \"(.)\", \"$1\") }\n",
        "package a.b[\"c\"]\nx.y[z].w := 1 if z := \"k\"\nt if glob.match(\"*.{a,b}\", [\".\"], \"x.a\") # METADATA\nu := time.parse_rfc3339_ns(\"2020-01-01T00:00:00Z\")\n",
    ];

    private static readonly string[] s_pieces =
        ["{", "}", "[", "]", "(", ")", ":=", "=", "|", "some x in ", "every ", "not ", "with input as ", "input.", "data.", "\"", "`", "1e9", "-", "_", "\n", ".", ",", ";", "$\"{", "else := ", "contains "];

    [Fact]
    public void Mutated_policies_end_in_documented_errors()
    {
        var random = new Random(Seed);
        var end = DateTime.UtcNow + Duration();
        var compiled = 0;
        while (DateTime.UtcNow < end)
        {
            var source = Mutate(s_policies[random.Next(s_policies.Length)], random);
            try
            {
                var program = RegoProgram.Compile([new RegoSource("fuzz.rego", source, random.Next(4) == 0 ? RegoSyntax.V0 : RegoSyntax.V1)]);
                compiled++;
                program.Prepare("data").Evaluate(Input(random));
            }
            catch (RegoException e)
            {
                Assert.NotEmpty(e.Errors);
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType()}: {e.Message}\n{source}\n{e.StackTrace}");
            }
        }

        Assert.True(compiled > 0, "no mutation compiled: the fuzzer reaches only the parser");
    }

    [Fact]
    public void Mutated_JSON_ends_in_its_error()
    {
        var random = new Random(Seed);
        for (var i = 0; i < 20_000; i++)
        {
            var text = Encoding.UTF8.GetBytes("""{"a":[1,2.5e3,-0,"\u00e9\ud83d"],"b":{"c":null,"d":true}}""");
            for (var n = random.Next(4); n >= 0; n--)
                text[random.Next(text.Length)] = (byte)random.Next(256);
            try
            {
                var value = RegoValue.Parse(text);
                Assert.Equal(value, RegoValue.Parse(value.ToJson()));
            }
            catch (RegoException e)
            {
                Assert.Equal(RegoErrorCode.Json, e.Code);
            }
        }
    }

    private static TimeSpan Duration() =>
        TimeSpan.FromSeconds(double.TryParse(Environment.GetEnvironmentVariable("NACRE_FUZZ_SECONDS"), out var seconds) ? seconds : 20);

    private static RegoInput Input(Random random) => new()
    {
        Input = RegoValue.Parse(random.Next(2) == 0 ? """{"a":[{"b":"x"}],"xs":[{"y":5}],"x":null}""" : "[1,\"a\",{}]"),
        StrictBuiltinErrors = random.Next(2) == 0,
        Limits = new RegoLimits { MaxSteps = 100_000, Deadline = TimeSpan.FromSeconds(2), MaxResultBytes = 10_000_000 },
    };

    private static string Mutate(string source, Random random)
    {
        var text = new StringBuilder(source);
        for (var n = random.Next(6); n >= 0; n--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(8), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, s_pieces[random.Next(s_pieces.Length)]);
                    break;
                case 2:
                    var from = random.Next(source.Length);
                    text.Insert(at, source.AsSpan(from, Math.Min(random.Next(30), source.Length - from)));
                    break;
                default:
                    text[at] = (char)random.Next(32, 127);
                    break;
            }

            if (text.Length == 0)
                text.Append(source);
        }

        return text.ToString();
    }
}
