//! Who has how much: users and addresses, as long as they have anything.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use super::{Budget, Tick};
use crate::Quotas;
use crate::hashing::{SipKey, shrink};

/// Why somebody gets nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The user or the address has its share.
    Share,
    /// The server is full.
    Full,
}

/// What one user or one address has.
#[derive(Debug, Default)]
struct Account {
    allocations: u32,
    half_open: u32,
    budget: Arc<Budget>,
    /// It has nothing, but has relayed so much that forgetting it would be a gift.
    is_leaving: bool,
}

#[derive(Debug)]
enum Name {
    User(Box<str>),
    Address(u128),
}

/// All users and addresses that have something.
#[derive(Debug)]
pub(crate) struct Accounts {
    users: HashMap<Box<str>, Account, SipKey>,
    addresses: HashMap<u128, Account, SipKey>,
    allocations: u32,
    half_open: u32,
    /// Those with nothing, by when they can be forgotten. As long as the burst is: their number is bounded by what quotas allow.
    leaving: VecDeque<(Tick, Name)>,
}

impl Accounts {
    pub(crate) fn new(hash_key: [u8; 16]) -> Self {
        let key = SipKey::new(&hash_key);
        Self {
            users: HashMap::with_hasher(key.clone()),
            addresses: HashMap::with_hasher(key),
            allocations: 0,
            half_open: 0,
            leaving: VecDeque::new(),
        }
    }

    /// Counts one allocation more, or says why not.
    pub(crate) fn open(
        &mut self,
        now: Tick,
        quotas: &Quotas,
        user: &str,
        source: u128,
    ) -> Result<[Arc<Budget>; 2], Denied> {
        self.forget(now);
        if self.allocations >= quotas.allocations_max {
            return Err(Denied::Full);
        }
        let is_below = |account: Option<&Account>, max: Option<u32>| {
            max.is_none_or(|max| account.map_or(0, |account| account.allocations) < max)
        };
        if !is_below(self.users.get(user), quotas.allocations_per_user_max)
            || !is_below(self.addresses.get(&source), quotas.allocations_per_address_max)
        {
            return Err(Denied::Share);
        }
        self.allocations += 1;
        if !self.users.contains_key(user) {
            self.users.insert(user.into(), Account::default());
        }
        let accounts = [self.users.get_mut(user), Some(self.addresses.entry(source).or_default())];
        Ok(accounts.map(|account| {
            account.map_or_else(Arc::default, |account| {
                account.allocations += 1;
                account.budget.clone()
            })
        }))
    }

    /// One allocation less.
    pub(crate) fn close(&mut self, now: Tick, user: &str, source: u128) {
        self.allocations = self.allocations.saturating_sub(1);
        if let Some(account) = self.users.get_mut(user) {
            account.allocations = account.allocations.saturating_sub(1);
        }
        if let Some(account) = self.addresses.get_mut(&source) {
            account.allocations = account.allocations.saturating_sub(1);
        }
        self.leave(now, Name::User(user.into()));
        self.leave(now, Name::Address(source));
        self.forget(now);
    }

    /// Counts one connection more that has no allocation, if there may be one.
    pub(crate) fn open_half(&mut self, quotas: &Quotas, source: u128) -> bool {
        let of_address = self.addresses.get(&source).map_or(0, |account| account.half_open);
        if self.half_open >= quotas.half_open_max || of_address >= quotas.half_open_per_address_max {
            return false;
        }
        self.return_half(source);
        true
    }

    /// A connection has lost its allocation: it is counted even where no new one would be let in.
    pub(crate) fn return_half(&mut self, source: u128) {
        self.half_open += 1;
        self.addresses.entry(source).or_default().half_open += 1;
    }

    /// One such connection less.
    pub(crate) fn close_half(&mut self, now: Tick, source: u128) {
        self.half_open = self.half_open.saturating_sub(1);
        if let Some(account) = self.addresses.get_mut(&source) {
            account.half_open = account.half_open.saturating_sub(1);
        }
        self.leave(now, Name::Address(source));
    }

    fn leave(&mut self, now: Tick, name: Name) {
        let clear_at = match &name {
            Name::User(user) => leave(&mut self.users, now, user.as_ref()),
            Name::Address(address) => leave(&mut self.addresses, now, address),
        };
        if let Some(clear_at) = clear_at {
            self.leaving.push_back((clear_at, name));
        }
    }

    fn forget(&mut self, now: Tick) {
        while let Some((_, name)) = self.leaving.pop_front_if(|(clear_at, _)| *clear_at <= now) {
            match &name {
                Name::User(user) => stay(&mut self.users, user.as_ref()),
                Name::Address(address) => stay(&mut self.addresses, address),
            }
            self.leave(now, name);
        }
    }
}

/// Removes an account that has nothing, or says when it can be removed.
fn leave<K, Q, S>(accounts: &mut HashMap<K, Account, S>, now: Tick, name: &Q) -> Option<Tick>
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
    S: BuildHasher,
{
    let account = accounts.get_mut(name)?;
    if account.allocations > 0 || account.half_open > 0 || account.is_leaving {
        return None;
    }
    let clear_at = account.budget.clear_at();
    if clear_at > now {
        account.is_leaving = true;
        return Some(clear_at);
    }
    accounts.remove(name);
    shrink(accounts);
    None
}

fn stay<K, Q, S>(accounts: &mut HashMap<K, Account, S>, name: &Q)
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
    S: BuildHasher,
{
    if let Some(account) = accounts.get_mut(name) {
        account.is_leaving = false;
    }
}
