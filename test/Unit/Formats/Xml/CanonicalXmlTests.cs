using System.Text;
using System.Xml;
using Nacre.Formats;
using Nacre.Formats.Xml;

namespace Nacre.UnitTests.Formats.Xml;

/// <summary>The examples of Canonical XML 1.1, section 3, and what is refused.</summary>
[Trait("Group", "Formats")]
public sealed class CanonicalXmlTests
{
    [Theory]
    [InlineData("<a  b='1'   a=\"2\"/>", "<a a=\"2\" b=\"1\"></a>")]
    [InlineData("<a><b/> c\t</a>", "<a><b></b> c\t</a>")]
    [InlineData("<a>&lt;&amp;&gt;\"&#13;</a>", "<a>&lt;&amp;&gt;\"&#xD;</a>")]
    [InlineData("<a b='&#9;&#10;&#13;&quot;&lt;&amp;>&apos;'/>", "<a b=\"&#x9;&#xA;&#xD;&quot;&lt;&amp;>'\"></a>")]
    [InlineData("<a xmlns:z='u:z' xmlns:b='u:b' z:y='1' b:y='2' x='3'/>",
        "<a xmlns:b=\"u:b\" xmlns:z=\"u:z\" x=\"3\" b:y=\"2\" z:y=\"1\"></a>")]
    [InlineData("<a xmlns='u:1'><b xmlns='u:1'><c xmlns=''><d xmlns=''/></c></b></a>",
        "<a xmlns=\"u:1\"><b><c xmlns=\"\"><d></d></c></b></a>")]
    [InlineData("<a xmlns=''><b xmlns:p='u:p'><p:c xmlns:p='u:q'/></b></a>", "<a><b xmlns:p=\"u:p\"><p:c xmlns:p=\"u:q\"></p:c></b></a>")]
    [InlineData("<?xml version='1.0'?>\n<a>é</a>\n", "<a>é</a>")]
    public void Writes_what_the_specification_says(string xml, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalXml.Write(Parse(xml).DocumentElement!)));

    [Theory]
    [InlineData("<a xmlns='u:1' xmlns:p='u:p'><p:b><c/></p:b></a>", "<a xmlns=\"u:1\"><p:b xmlns:p=\"u:p\"><c></c></p:b></a>")]
    [InlineData("<a xmlns:p='u:p' xmlns:q='u:q'><b p:x='1'/><p:c/></a>",
        "<a><b xmlns:p=\"u:p\" p:x=\"1\"></b><p:c xmlns:p=\"u:p\"></p:c></a>")]
    [InlineData("<p:a xmlns='u:1' xmlns:p='u:p'><b><c xmlns=''/></b></p:a>",
        "<p:a xmlns:p=\"u:p\"><b xmlns=\"u:1\"><c xmlns=\"\"></c></b></p:a>")]
    public void The_exclusive_form_writes_namespaces_where_they_are_used(string xml, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalXml.Write(Parse(xml).DocumentElement!, exclusive: true)));

    [Fact]
    public void An_element_alone_carries_the_namespaces_around_it()
    {
        var inner = (XmlElement)Parse("<a xmlns='u:1' xmlns:p='u:p'><p:b/></a>").DocumentElement!.FirstChild!;
        Assert.Equal("<p:b xmlns=\"u:1\" xmlns:p=\"u:p\"></p:b>", Encoding.UTF8.GetString(CanonicalXml.Write(inner)));
    }

    [Fact]
    public void Leaves_out_one_element_and_nothing_around_it()
    {
        var root = Parse("<a> <b/><c/>\n</a>").DocumentElement!;
        Assert.Equal("<a> <c></c>\n</a>", Encoding.UTF8.GetString(CanonicalXml.Write(root, without: root["b"])));
    }

    [Theory]
    [InlineData("<!DOCTYPE a><a/>")]
    [InlineData("<a><!-- --></a>")]
    [InlineData("<a><?b c?></a>")]
    [InlineData("<a><![CDATA[b]]></a>")]
    [InlineData("<a>&b;</a>")]
    [InlineData("<a/><b/>")]
    [InlineData("<a")]
    [InlineData("")]
    public void Refuses_what_a_signature_could_hide(string xml) => Assert.Throws<MalformedDataException>(() => Parse(xml));

    [Fact]
    public void Refuses_depth_size_and_inherited_attributes()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        Assert.Throws<MalformedDataException>(() => Parse(deep));
        Assert.Throws<MalformedDataException>(() => StrictXml.Parse("<a/>"u8, "test", maxBytes: 3));
        Assert.Throws<MalformedDataException>(() => CanonicalXml.Write(Parse("<a xml:lang='en'/>").DocumentElement!));
    }

    private static XmlDocument Parse(string xml) => StrictXml.Parse(Encoding.UTF8.GetBytes(xml), "test", 1024 * 1024);
}
