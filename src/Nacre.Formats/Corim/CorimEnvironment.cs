using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>What a triple speaks of (draft-ietf-rats-corim, 5.1.4.2): a class of things, and one of them or a group of them if it says so.</summary>
public sealed record CorimEnvironment(CorimClass? Class, CorimValue? Instance, CorimValue? Group)
{
    internal static CorimEnvironment Parse(CborMap map)
    {
        var environment = new CorimEnvironment(
            map.Has(0) ? CorimClass.Parse(CorimMaps.Parse("corim.class", map.Raw("0"), 4)) : null, CorimValue.Find(map, "1"), CorimValue.Find(map, "2"));
        return environment is { Class: null, Instance: null, Group: null } ? throw map.Malformed("(map)", "names nothing") : environment;
    }
}

/// <summary>A class of things; at least one of the members is there.</summary>
public sealed record CorimClass(CorimValue? Id, string? Vendor, string? Model, long? Layer, long? Index)
{
    private const int MaxText = 1024;

    internal static CorimClass Parse(CborMap map)
    {
        if (map.Labels.Count == 0)
            throw map.Malformed("(map)", "names nothing");

        return new(
            CorimValue.Find(map, "0"), map.FindText("1", MaxText), map.FindText("2", MaxText), map.FindInteger("3"), map.FindInteger("4"));
    }
}
