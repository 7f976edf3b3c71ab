using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

[Trait("Group", "Rego")]
public sealed class RegoEvaluationTests
{
    [Theory]
    [InlineData("1 + 2", "3")]
    [InlineData("28857836529306024611913 - 28857836529306024611912", "1")]
    [InlineData("1 / 3", "0.33333333333333333334")]
    [InlineData("0.1 + 0.2", "0.3")]
    [InlineData("count({1, 1.0, 1e0})", "1")]
    [InlineData("sprintf(\"%05d|%v|%s\", [42, 1.5, \"x\"])", "\"00042|1.5|x\"")]
    [InlineData("{\"b\": 1, \"a\": {3, 2}}", "{\"a\":[2,3],\"b\":1}")]
    [InlineData("base64.encode(hex.decode(\"ff00\"))", "\"/wA=\"")]
    [InlineData("time.format([1700000000000000000, \"Europe/Berlin\", \"RFC1123Z\"])", "\"Tue, 14 Nov 2023 23:13:20 +0100\"")]
    [InlineData("[x | x := [3, 1, 2][_]; x > 1]", "[3,2]")]
    public void Expressions_have_the_value_OPA_gives(string query, string json) =>
        Assert.Equal(json, RegoProgram.Compile([]).Prepare(query).EvaluateValue(new RegoInput())!.ToJson());

    [Fact]
    public void Undefined_null_and_false_are_three_things()
    {
        var program = Compile("package p\na := null\nb := false\nc := input.missing");

        Assert.IsType<RegoNull>(program.Prepare("data.p.a").EvaluateValue(new RegoInput()));
        Assert.Equal(RegoBool.False, program.Prepare("data.p.b").EvaluateValue(new RegoInput()));
        Assert.Null(program.Prepare("data.p.c").EvaluateValue(new RegoInput()));
    }

    [Fact]
    public void A_with_holds_for_its_expression_only()
    {
        var program = Compile("package p\nr := [a, b] if {\n a := input.x with input.x as 1\n b := input.x\n}");

        Assert.Equal("[1,2]", program.Prepare("data.p.r").EvaluateValue(new RegoInput { Input = RegoValue.Parse("{\"x\":2}") })!.ToJson());
    }

    [Fact]
    public void A_host_builtin_sees_the_state_and_can_be_undefined()
    {
        var lookup = new HostBuiltin("lookup", 1, IsPure: true, call => ((Dictionary<string, string>)call.State!).TryGetValue(((RegoString)call.Arguments[0]).Value, out var found) ? new RegoString(found) : null);
        var program = RegoProgram.Compile([new RegoSource("p", "package p\na := lookup(\"k\")\nb := lookup(\"other\")")], new RegoOptions { HostBuiltins = [lookup] });
        var input = new RegoInput { State = new Dictionary<string, string> { ["k"] = "v" } };

        Assert.Equal("\"v\"", program.Prepare("data.p.a").EvaluateValue(input)!.ToJson());
        Assert.Null(program.Prepare("data.p.b").EvaluateValue(input));
    }

    [Theory]
    [InlineData("package p\nx := y", RegoErrorCode.UnsafeVariable, 2)]
    [InlineData("package p\nx if {", RegoErrorCode.Parse, 2)]
    [InlineData("package p\na := b\nb := a", RegoErrorCode.Recursion, 2)]
    [InlineData("package p\nx := nothing(1)", RegoErrorCode.Type, 2)]
    [InlineData("package p\ndefault x := 1\ndefault x := 2", RegoErrorCode.Type, 3)]
    [InlineData("package p\nf(x) if { x := 1 }", RegoErrorCode.Compile, 2)]
    public void Errors_have_OPAs_code_and_the_line(string source, string code, int line)
    {
        var error = Assert.Throws<RegoException>(() => Compile(source)).Errors[0];

        Assert.Equal((code, line), (error.Code, error.Line));
    }

    [Fact]
    public void Two_values_of_one_rule_are_a_conflict()
    {
        var program = Compile("package p\nx := 1\nx := 2");

        Assert.Equal(RegoErrorCode.Conflict, Assert.Throws<RegoException>(() => program.Prepare("data.p.x").EvaluateValue(new RegoInput())).Code);
    }

    [Fact]
    public void Any_number_of_threads_share_a_query()
    {
        var query = Compile("package p\nsquares[x] := x * x if some x in numbers.range(0, input.n)").Prepare("data.p.squares");
        var failures = 0;
        Parallel.For(0, 200, i =>
        {
            var result = (RegoObject)query.EvaluateValue(new RegoInput { Input = RegoValue.Parse($"{{\"n\":{i % 40}}}") })!;
            if (result.Count != i % 40 + 1)
                Interlocked.Increment(ref failures);
        });

        Assert.Equal(0, failures);
    }

    [Fact]
    public void The_network_is_off()
    {
        var query = RegoProgram.Compile([]).Prepare("http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"})");

        Assert.Equal(RegoErrorCode.Builtin, Assert.Throws<RegoException>(() => query.EvaluateValue(new RegoInput())).Code);
    }

    private static RegoProgram Compile(string source) => RegoProgram.Compile([new RegoSource("policy.rego", source)]);
}
