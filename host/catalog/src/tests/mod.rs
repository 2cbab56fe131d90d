mod bad_input;
mod encoding;
mod formats;
mod fuzz;
mod merging;
mod prepared;
mod real_file;
mod showing;

use std::path::Path;

pub(crate) use self::fuzz::{apply, mutation};

use super::{Catalog, CatalogError, Counts, Dirt, Limits, mssecure, parse};

/// A small catalog of our own that uses every table.
pub(super) const SAMPLE: &str = r#"<?xml version="1.0"?>
<BulletinDatastore DataVersion="1.0.0.7" LastDataUpdate="10/04/2001" SchemaVersion="1.0.0.11" ToolVersion="3.1">
  <!-- made for tests -->
  <Bulletins>
    <Bulletin BulletinID="MS01-901" BulletinLocationID="3" FAQLocationID="" Title="First" DatePosted="2001/06/07" Supported="Yes">
      <BulletinComments><BulletinComment CommentID="1"/></BulletinComments>
      <QNumbers><QNumber QNumber="Q900001 "/></QNumbers>
      <Patches>
        <Patch PatchName="q900001_w2k.EXE " PatchLocationID="4" SBID="1" SQNumber="" NoReboot="1">
          <PatchComments><PatchComment CommentID="2"/></PatchComments>
          <RegChgs><RegChg RegChangeID="1"/></RegChgs>
          <FileChgs><FileChg FileChangeID="1"/><FileChg FileChangeID="2"/></FileChgs>
          <AffectedProduct ProductID="6" FixedInSP="2">
            <AffectedServicePack ServicePackID="74"/><AffectedServicePack ServicePackID="1"/>
          </AffectedProduct>
        </Patch>
      </Patches>
    </Bulletin>
    <Bulletin BulletinID="MS01-902" Title="Second" DatePosted="2001/07/01" Supported="Yes">
      <QNumbers><QNumber QNumber="Q900002"/><QNumber QNumber="Q900003"/></QNumbers>
      <Patches>
        <Patch PatchName="Q900003_W2K.exe" PatchLocationID="" SBID="0" SQNumber="" NoReboot="0">
          <AffectedProduct ProductID="6" FixedInSP="0"><AffectedServicePack ServicePackID="1"/></AffectedProduct>
        </Patch>
      </Patches>
    </Bulletin>
    <Bulletin BulletinID="MS99-903" Title="Old" DatePosted="1999/01/01" Supported="No">
      <Patches><Patch PatchName="old.exe" SBID="0"/></Patches>
    </Bulletin>
  </Bulletins>
  <Products>
    <Product ProductID="6" Name="Windows 2000 Server" MinimumSupportedServicePackID="74" CurrentServicePackID="2">
      <ProductFamilies><ProductFamily ProductFamilyID="2"/></ProductFamilies>
      <AvailableSPs><AvailableSP ServicePackID="74"/><AvailableSP ServicePackID="1"/></AvailableSPs>
      <AvailableSP ServicePackID="2"/>
    </Product>
  </Products>
  <ProductFamilies><ProductFamily ProductFamilyID="2" Name="Windows 2000"/></ProductFamilies>
  <ServicePacks>
    <ServicePack ServicePackID="74" Name="Windows 2000 Gold" ReleaseDate="2000/01/03"/>
    <ServicePack ServicePackID="1" Name="Windows 2000 Service Pack 1" ReleaseDate=""/>
    <ServicePack ServicePackID="2" Name="Windows 2000 Service Pack 2"/>
  </ServicePacks>
  <RegKeys><RegKey RegKeyID="5" Name="Installed" Type="0"><RegChanges>
    <RegChange RegChangeID="1" RegChangeValue="1" CommandID="r" RegKeyID="5" LocationID="1"/>
  </RegChanges></RegKey></RegKeys>
  <Files>
    <File FileID="1" Name="lsasrv.dll" LocationID="2"><FileChanges>
      <FileChange FileChangeID="1" Date="2001/05/17" Version="5.0.2195.3649" Size="" CommandID="e" Checksum="93481"/>
    </FileChanges></File>
    <File FileID="2" Name=" extra.dll" LocationID="2"><FileChanges>
      <FileChange FileChangeID="2" Date="" Version="na" Size="na" CommandID="a" Checksum="0"/>
    </FileChanges></File>
  </Files>
  <Commands><Command CommandID="r" Name="registry key"/></Commands>
  <Locations>
    <Location LocationID="1" Path="HKLM\SOFTWARE\Microsoft\Updates\Windows 2000\SP3\Q900001\"/>
    <Location LocationID="2" Path="%windir%\system32"/>
    <Location LocationID="3" Path="http://example.test/bulletin"/>
    <Location LocationID="4" Path="http://example.test/q900001_w2k.EXE"/>
  </Locations>
  <Comments>
    <Comment CommentID="1" Text="On the bulletin"/><Comment CommentID="2" Text="On the patch &amp; more"/>
  </Comments>
  <SupercededBys>
    <SupercededBy SBID="1" Description="MS01-902"><SupercededBulletins><SupercededBulletin BulletinID="MS01-902">
      <SupercededPatches><SupercededPatch PatchName="q900003_w2k.EXE"/></SupercededPatches>
    </SupercededBulletin></SupercededBulletins></SupercededBy>
  </SupercededBys>
</BulletinDatastore>
"#;

pub(super) fn try_read(xml: impl AsRef<[u8]>) -> Result<Catalog, CatalogError> {
    parse(xml.as_ref(), Path::new("test.xml"), &Limits::default())
}

pub(super) fn read(xml: impl AsRef<[u8]>) -> Catalog {
    try_read(xml).unwrap()
}

/// The figures of a catalog in the format of mssecure.xml.
pub(crate) fn figures(catalog: &Catalog) -> (mssecure::Counts, mssecure::Dirt) {
    match (catalog.counts, catalog.dirt) {
        (Counts::Mssecure(counts), Dirt::Mssecure(dirt)) => (counts, dirt),
        other => panic!("the figures of another format: {other:?}"),
    }
}

/// The sample with one piece of text replaced, which must exist.
pub(super) fn sample_with(old: &str, new: &str) -> String {
    assert!(SAMPLE.contains(old), "the sample holds no {old}");
    SAMPLE.replacen(old, new, 1)
}
