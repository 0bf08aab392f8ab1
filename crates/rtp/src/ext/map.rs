//! Which id each header extension has on one media section (RFC 8285 section 5).

use super::ExtensionKind;

const KINDS: usize = ExtensionKind::ALL.len();
/// Ids below this are looked up in a table, larger ones among the kinds.
const TABLE_LEN: usize = 16;

/// Header extension ids, both ways: id to kind and kind to id. Ids are 1 to 255; those above 14 force the two-byte form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExtensionMap {
    /// By kind; 0 where the kind has no id.
    ids: [u8; KINDS],
    /// By id.
    kinds: [Option<ExtensionKind>; TABLE_LEN],
}

impl ExtensionMap {
    /// From each kind's id. Id 0 is no id and is left out; where a kind or an id comes twice, the first counts.
    pub fn new(extensions: impl IntoIterator<Item = (ExtensionKind, u8)>) -> Self {
        let mut map = Self::default();
        for (kind, id) in extensions {
            if id != 0 && map.id(kind).is_none() && map.kind(id).is_none() {
                map.set(kind, id);
            }
        }
        map
    }

    fn set(&mut self, kind: ExtensionKind, id: u8) {
        self.ids[kind as usize] = id;
        if let Some(slot) = self.kinds.get_mut(usize::from(id)) {
            *slot = Some(kind);
        }
    }

    /// The id of `kind`, if it has one.
    pub fn id(&self, kind: ExtensionKind) -> Option<u8> {
        Some(self.ids[kind as usize]).filter(|id| *id != 0)
    }

    /// What `id` stands for, if anything known.
    pub fn kind(&self, id: u8) -> Option<ExtensionKind> {
        match self.kinds.get(usize::from(id)) {
            Some(kind) => *kind,
            None => ExtensionKind::ALL.into_iter().find(|kind| self.ids[*kind as usize] == id),
        }
    }

    /// Each kind that has an id, with it.
    pub fn iter(&self) -> impl Iterator<Item = (ExtensionKind, u8)> {
        ExtensionKind::ALL.into_iter().filter_map(|kind| Some((kind, self.id(kind)?)))
    }
}

impl FromIterator<(ExtensionKind, u8)> for ExtensionMap {
    fn from_iter<I: IntoIterator<Item = (ExtensionKind, u8)>>(extensions: I) -> Self {
        Self::new(extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExtensionKind::*;

    #[test]
    fn ids_and_kinds_find_each_other() {
        let map = ExtensionMap::new([(Mid, 1), (AudioLevel, 14), (Rid, 15), (TransportSeq, 255)]);
        assert_eq!(
            map.iter().collect::<Vec<_>>(),
            [(Mid, 1), (Rid, 15), (TransportSeq, 255), (AudioLevel, 14)]
        );
        assert!(map.iter().all(|(kind, id)| map.kind(id) == Some(kind) && map.id(kind) == Some(id)));
        assert_eq!((map.kind(2), map.kind(200), map.id(RepairedRid)), (None, None, None));
    }

    #[test]
    fn id_zero_and_repetitions_are_left_out() {
        let map = ExtensionMap::new([
            (Mid, 0),
            (Rid, 3),
            (Rid, 4),
            (AudioLevel, 3),
            (TransportSeq, 200),
            (Mid, 200),
        ]);
        assert_eq!(map.iter().collect::<Vec<_>>(), [(Rid, 3), (TransportSeq, 200)]);
        assert_eq!((map.kind(0), map.kind(4)), (None, None));
    }
}
