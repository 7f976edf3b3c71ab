using System.Text;
using Nacre.ConformanceTests.Rego;
using Nacre.Rego;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated policies and documents: nothing but documented errors, in bounded time.</summary>
[Trait("Group", "RegoFuzz")]
public sealed class RegoFuzzTests
{
    private static readonly RegoLimits s_limits = new() { MaxSteps = 100_000, Deadline = TimeSpan.FromSeconds(2), MaxResultBytes = 10_000_000 };

    private static readonly RegoInput[] s_inputs =
    [
        new() { Input = RegoValue.Parse("""{"a":[{"b":"x"}],"xs":[{"y":5}],"x":null}"""), StrictBuiltinErrors = true, Limits = s_limits },
        new() { Input = RegoValue.Parse("""[1,"a",{}]"""), Limits = s_limits },
    ];

    private static readonly string[] s_policies =
    [
        "package p\nimport rego.v1\ndefault allow := false\nallow if { input.a[_].b == \"x\"; not deny }\ndeny if some x in input.xs; x.y > 3\n",
        "package p\nxs contains x if { x := numbers.range(1, 9)[_]; x % 2 == 0 }\nobj[k] := v if some k, v in input\nf(a, [b, c]) := a + b * c\n",
        "package p\nr := {k: [v | some v in vs] | some k, vs in {\"a\": [1, 2], \"b\": {3}}} with input as {\"z\": null}\ns := $\"{1 + 2} {input.x}\"\n",
        "package p\np := walk(input) \nq if every x in [1, 2] { x > 0 } else := \"no\" if { sprintf(\"%d %s\", [1, \"a\"]) == regex.replace(\"a(b)\", \"(.)\", \"$1\") }\n",
        "package a.b[\"c\"]\nx.y[z].w := 1 if z := \"k\"\nt if glob.match(\"*.{a,b}\", [\".\"], \"x.a\") # METADATA\nu := time.parse_rfc3339_ns(\"2020-01-01T00:00:00Z\")\n",
    ];

    private static readonly string[] s_words =
    [
        "{", "}", "[", "]", "(", ")", ":=", "=", "|", "some x in ", "every ", "not ", "with input as ", "input.", "data.", "\"", "`", "1e9", "-", "_", "\n", ".", ",",
        ";", "$\"{", "else := ", "contains ", "default ", "import rego.v1\n", "import future.keywords\n", "package q\n", "# METADATA\n# title: x\n", "test_x[y] if ",
    ];

    [Fact]
    public void Mutated_policies_end_in_documented_errors()
    {
        // The modules of the conformance cases are as good a corpus as there is; without them the few above must do.
        var corpus = s_policies.Concat(RegoCaseFiles.All.Values.SelectMany(one => one.Modules)).Where(text => text.Length < 4096).Select(Encoding.UTF8.GetBytes);
        var compiled = 0L;
        var tried = Fuzzer.Run("rego policy", [.. corpus], [.. s_words.Select(Encoding.UTF8.GetBytes)], bytes =>
        {
            try
            {
                var syntax = bytes.Length % 4 == 0 ? RegoSyntax.V0 : RegoSyntax.V1;
                var program = RegoProgram.Compile([new RegoSource("fuzz.rego", Encoding.UTF8.GetString(bytes), syntax)]);
                compiled++;
                foreach (var input in s_inputs)
                    Evaluate(program, input);
            }
            catch (RegoException e)
            {
                Assert.NotEmpty(e.Errors);
            }
        });

        Assert.True(compiled * 50 > tried, $"only {compiled} of {tried} mutations compiled: the fuzzer reaches little more than the parser");
    }

    [Fact]
    public void Mutated_JSON_ends_in_its_error() =>
        Fuzzer.Run("rego json", ["""{"a":[1,2.5e3,-0,"\u00e9\ud83d"],"b":{"c":null,"d":true}}"""u8.ToArray()], ["1e999"u8.ToArray(), "\\ud800"u8.ToArray()], bytes =>
        {
            try
            {
                var value = RegoValue.Parse(bytes);
                Assert.True(value.Equals(RegoValue.Parse(value.ToJson())));
            }
            catch (RegoException e)
            {
                Assert.Equal(RegoErrorCode.Json, e.Code);
            }
        });

    private static void Evaluate(RegoProgram program, RegoInput input)
    {
        var query = program.Prepare("data");
        try
        {
            query.Evaluate(input);
            query.Explain(input);
        }
        catch (RegoException e)
        {
            Assert.NotEmpty(e.Errors);
        }
    }
}
